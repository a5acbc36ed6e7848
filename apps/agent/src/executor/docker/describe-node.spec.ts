import { parseLabels, toNodeDescription } from './describe-node';

it('describes a node by what its engine says, with the agent’s own labels on top', () =>
  expect(
    toNodeDescription(
      {
        OSType: 'linux',
        Architecture: 'x86_64',
        NCPU: 2,
        MemTotal: 1024,
        Labels: ['disk=ssd', 'zone=b', 'note=a=b', 'bare'],
        Plugins: { Volume: ['local'], Network: ['overlay', 'bridge'], Authorization: null, Log: ['json-file'] },
      },
      { Version: '20.10.24' },
      { hostname: 'n1', labels: { zone: 'a' } },
    ),
  ).toEqual({
    hostname: 'n1',
    platform: { architecture: 'x86_64', os: 'linux' },
    resources: { nanoCpus: 2_000_000_000, memoryBytes: 1024, genericResources: [] },
    engine: {
      engineVersion: '20.10.24',
      labels: { disk: 'ssd', zone: 'a', note: 'a=b', bare: '' },
      plugins: [
        { type: 'Log', name: 'json-file' },
        { type: 'Network', name: 'bridge' },
        { type: 'Network', name: 'overlay' },
        { type: 'Volume', name: 'local' },
      ],
    },
  }));

it('keeps a label named like a part of every object', () =>
  expect(Object.keys(parseLabels(['__proto__=x', 'constructor=y']))).toEqual(['__proto__', 'constructor']));
