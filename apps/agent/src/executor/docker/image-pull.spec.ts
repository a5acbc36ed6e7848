import { Readable } from 'node:stream';
import type { EngineApi } from './engine-api';
import { pullImage, toPullReference } from './image-pull';

const DIGEST = `sha256:${'0'.repeat(64)}`;

it.each([
  ['busybox', { fromImage: 'busybox', tag: 'latest' }],
  ['busybox:1.36', { fromImage: 'busybox', tag: '1.36' }],
  ['registry:5000/team/app', { fromImage: 'registry:5000/team/app', tag: 'latest' }],
  ['registry:5000/team/app:v1', { fromImage: 'registry:5000/team/app', tag: 'v1' }],
  [`busybox@${DIGEST}`, { fromImage: 'busybox', tag: DIGEST }],
  [`registry:5000/app:v1@${DIGEST}`, { fromImage: 'registry:5000/app:v1', tag: DIGEST }],
])('asks for %s', (image, reference) => expect(toPullReference(image)).toEqual(reference));

describe('a pull', () => {
  let told: string[];
  beforeEach(() => (told = []));
  const pull = (createImage: EngineApi['createImage']) =>
    pullImage({ createImage } as EngineApi, 'busybox', {
      signal: new AbortController().signal,
      tell: (text) => told.push(text),
      registryAuth: 'eyJ9',
    });
  const progress = (...reports: object[]) =>
    pull(async () => Readable.from(reports.map((report) => `${JSON.stringify(report)}\n`)));

  it('is over when its progress ends', () =>
    expect(progress({ status: 'Pulling' }, { status: 'Done' })).resolves.toBeUndefined());

  it('says at once that it has begun', async () => {
    await progress({ status: 'Downloading', id: 'a', progressDetail: { current: 1, total: 2 } });
    expect(told[0]).toBe('pulling busybox');
  });

  it('has failed when its progress says so', () =>
    expect(progress({ status: 'Pulling' }, { error: 'manifest unknown' })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: 'manifest unknown',
    }));

  it('tells the registry who asks, and nobody else', async () => {
    let asked: unknown[] = [];
    await pull(async (...call) => {
      asked = call;
      return Readable.from([]);
    });
    expect(asked).toEqual([{ key: 'eyJ9' }, { fromImage: 'busybox', tag: 'latest', abortSignal: expect.anything() }]);
    expect(told.join()).not.toContain('eyJ9');
  });

  it.each([404, 500, 503])('has failed when the engine answers %i, and not the engine', (statusCode) =>
    expect(
      pull(() => Promise.reject(Object.assign(new Error('x'), { statusCode, json: { message: 'manifest unknown' } }))),
    ).rejects.toMatchObject({ code: 'FAILED_PRECONDITION', message: 'manifest unknown' }),
  );

  it('may succeed later when the engine goes away', () =>
    expect(pull(() => Promise.reject(new Error('socket hang up')))).rejects.toMatchObject({ code: 'UNAVAILABLE' }));

  it('that makes no progress is given up', async () => {
    jest.useFakeTimers();
    try {
      const hanging = pull(
        (_auth, { abortSignal }) =>
          new Promise((_, reject) => abortSignal?.addEventListener('abort', () => reject(new Error('aborted')))),
      );
      jest.advanceTimersByTime(10 * 60_000);
      await expect(hanging).rejects.toMatchObject({
        code: 'DEADLINE_EXCEEDED',
        message: expect.stringContaining('pulling busybox made no progress'),
      });
    } finally {
      jest.useRealTimers();
    }
  });
});
