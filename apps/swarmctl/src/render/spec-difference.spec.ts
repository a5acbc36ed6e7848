import fc from 'fast-check';
import { specDifference } from './spec-difference';

const container = (ContainerSpec: object): object => ({ TaskTemplate: { ContainerSpec } });
const task = (parts: object): object => ({ TaskTemplate: parts });

const CASES: { name: string; before?: object; after?: object; says: string[] }[] = [
  { name: 'nothing', before: container({ Image: 'a' }), after: container({ Image: 'a' }), says: [] },
  { name: 'image', before: container({ Image: 'a:1' }), after: container({ Image: 'a:2' }), says: ['image a:1 → a:2'] },
  {
    name: 'another build of the same tag',
    before: container({ Image: `a:1@sha256:${'1'.repeat(64)}` }),
    after: container({ Image: `a:1@sha256:${'2'.repeat(64)}` }),
    says: ['image a:1@sha256:111111111111… → a:1@sha256:222222222222…'],
  },
  {
    name: 'environment',
    before: container({ Env: ['A=1', 'B=2', 'C='] }),
    after: container({ Env: ['B=3', 'D=x=y', 'C='] }),
    says: ['-env A 1', 'env B 2 → 3', '+env D x=y'],
  },
  {
    name: 'args as a whole',
    before: container({ Args: ['sleep', '1'] }),
    after: container({ Args: ['sleep', '2'] }),
    says: ['args sleep 1 → sleep 2'],
  },
  { name: 'args that are new', after: container({ Args: ['sleep', '1'] }), says: ['+args sleep 1'] },
  {
    name: 'replicas',
    before: { Mode: { Replicated: { Replicas: 0 } } },
    after: { Mode: { Replicated: { Replicas: 3 } } },
    says: ['replicas 0 → 3'],
  },
  {
    name: 'labels, with points in their names',
    before: { Labels: { 'com.Example.Team': 'a' } },
    after: { Labels: { 'com.Example.Team': 'b', x: '1' } },
    says: ['label com.Example.Team a → b', '+label x 1'],
  },
  {
    name: 'resources in their units',
    before: task({ Resources: { Limits: { NanoCPUs: 5e8 } } }),
    after: task({ Resources: { Limits: { NanoCPUs: 1e9 }, Reservations: { MemoryBytes: 1024 ** 2 } } }),
    says: ['CPU limit 0.5 → 1', '+reserved memory 1MiB'],
  },
  {
    name: 'constraints',
    before: task({ Placement: { Constraints: ['node.role==worker', 'node.labels.a==b'] } }),
    after: task({ Placement: { Constraints: ['node.labels.a==b', 'node.id!=x'] } }),
    says: ['-constraint node.role==worker', '+constraint node.id!=x'],
  },
  {
    name: 'mounts and ports',
    after: {
      EndpointSpec: { Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080 }] },
      ...container({ Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', ReadOnly: false, VolumeOptions: {} }] }),
    },
    says: ['+port Protocol=tcp,TargetPort=80,PublishedPort=8080', '+mount Type=bind,Source=/a,Target=/b'],
  },
  {
    name: 'policies',
    before: { UpdateConfig: { Parallelism: 1, Delay: 0, MaxFailureRatio: 0 } },
    after: { UpdateConfig: { Parallelism: 0, Delay: 10e9, MaxFailureRatio: 0.5 } },
    says: ['update parallelism 1 → 0', 'update delay 0s → 10s', 'update max failure ratio 0 → 0.5'],
  },
  { name: 'what is switched on', before: container({ Init: false }), after: container({ Init: true }), says: ['+init'] },
  { name: 'what is switched off', before: container({ ReadOnly: true }), after: container({}), says: ['-read only'] },
  {
    name: 'the order of lists, and what is empty',
    before: { Labels: {}, ...container({ Groups: ['a', 'b'], Hosts: [], Dir: '' }) },
    after: container({ Groups: ['b', 'a'] }),
    says: [],
  },
  { name: 'what it has no word for', after: { Later: { Field: 'x' } }, says: ['+Later.Field x'] },
];

it.each(CASES)('$name', ({ before = {}, after = {}, says }) => {
  expect(specDifference({ ...before }, { ...after })).toEqual(says);
});

it('says nothing of equal specs, and something of each change of a value', () => {
  const value = fc.oneof(fc.string({ minLength: 1 }), fc.integer(), fc.constant(true));
  const spec = fc.dictionary(fc.constantFrom('Name', 'Labels', 'Mode', 'Any'), fc.dictionary(fc.constantFrom('a', 'b'), value));
  fc.assert(
    fc.property(spec, spec, (before, after) => {
      expect(specDifference(before, before)).toEqual([]);
      const leaves = (object: Record<string, object>): string =>
        JSON.stringify(
          Object.entries(object)
            .flatMap(([name, inner]) => Object.entries(inner).map(([key, leaf]) => [name, key, String(leaf)]))
            .sort(),
        );
      expect(specDifference(before, after).length > 0).toBe(leaves(before) !== leaves(after));
    }),
  );
});
