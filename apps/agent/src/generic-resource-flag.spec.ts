import type { GenericResource } from '#common/proto';
import { addGenericResources } from './generic-resource-flag';

const read = (...texts: string[]): GenericResource[] =>
  texts.reduce<GenericResource[]>((known, text) => addGenericResources(text, known), []);
const named = (kind: string, value: string) => ({ namedResourceSpec: { kind, value } });
const discrete = (kind: string, value: number) => ({ discreteResourceSpec: { kind, value } });

it.each([
  [['ssd=2'], [discrete('ssd', 2)]],
  [['fpga=0'], [discrete('fpga', 0)]],
  [
    ['gpu=UUID1', 'gpu=UUID2'],
    [named('gpu', 'UUID1'), named('gpu', 'UUID2')],
  ],
  [['gpu=UUID1, gpu=UUID2,ssd=2'], [named('gpu', 'UUID1'), named('gpu', 'UUID2'), discrete('ssd', 2)]],
  [
    ['NVIDIA-GPU=GPU-8f9a:0', 'NVIDIA-GPU=2a'],
    [named('NVIDIA-GPU', 'GPU-8f9a:0'), named('NVIDIA-GPU', '2a')],
  ],
])('reads %j', (texts, resources) => expect(read(...texts)).toEqual(resources));

it.each([
  [['gpu'], /"gpu" is no generic resource: give KIND=COUNT, such as ssd=2, or KIND=VALUE/],
  [['=2'], /is no generic resource/],
  [['gpu='], /is no generic resource/],
  [['gpu=a=b'], /is no generic resource/],
  [['my gpu=1'], /is no generic resource/],
  [['gpu=1,'], /is no generic resource/],
  [['ssd=-1'], /"-1" is no count of ssd: give a whole number from 0/],
  [['ssd=1.5'], /"1.5" is no count of ssd/],
  [['ssd=99999999999999999999'], /is no count of ssd/],
  [['gpu=a b'], /"a b" cannot name a gpu/],
  [['ssd=2', 'ssd=3'], /ssd is given already/],
  [['gpu=UUID1', 'gpu=2'], /gpu is given already/],
  [['gpu=2', 'gpu=UUID1'], /gpu is given already/],
  [['gpu=UUID1', 'gpu=UUID1'], /gpu=UUID1 is given twice/],
])('refuses %j', (texts, text) => {
  expect(() => read(...texts)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(text) }),
  );
});
