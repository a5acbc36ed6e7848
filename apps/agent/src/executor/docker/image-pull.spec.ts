import { toPullReference } from './image-pull';

const DIGEST = `sha256:${'0'.repeat(64)}`;

it.each([
  ['busybox', { fromImage: 'busybox', tag: 'latest' }],
  ['busybox:1.36', { fromImage: 'busybox', tag: '1.36' }],
  ['registry:5000/team/app', { fromImage: 'registry:5000/team/app', tag: 'latest' }],
  ['registry:5000/team/app:v1', { fromImage: 'registry:5000/team/app', tag: 'v1' }],
  [`busybox@${DIGEST}`, { fromImage: 'busybox', tag: DIGEST }],
  [`registry:5000/app:v1@${DIGEST}`, { fromImage: 'registry:5000/app:v1', tag: DIGEST }],
])('asks for %s', (image, reference) => expect(toPullReference(image)).toEqual(reference));
