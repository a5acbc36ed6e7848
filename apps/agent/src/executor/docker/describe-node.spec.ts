import type { EngineInfo } from './engine-api';
import { parseLabels, toNodeDescription, undescribedNode } from './describe-node';

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
      { hostname: 'n1', labels: { zone: 'a' }, genericResources: [] },
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

describe('generic resources', () => {
  const named = (kind: string, value: string) => ({ namedResourceSpec: { kind, value }, discreteResourceSpec: undefined });
  const discrete = (kind: string, value: number) => ({ discreteResourceSpec: { kind, value }, namedResourceSpec: undefined });
  const facts = { hostname: 'n1', labels: {}, genericResources: [discrete('ssd', 2)] };
  const offered = (GenericResources: EngineInfo['GenericResources']) =>
    toNodeDescription({ GenericResources }, {}, facts).resources?.genericResources;

  it('are those of the engine and of the agent, which wins over the engine', () =>
    expect(
      offered([
        { NamedResourceSpec: { Kind: 'gpu', Value: 'UUID1' } },
        { NamedResourceSpec: { Kind: 'gpu', Value: 'UUID2' } },
        { DiscreteResourceSpec: { Kind: 'fpga', Value: 3 } },
        { DiscreteResourceSpec: { Kind: 'ssd', Value: 9 } },
      ]),
    ).toEqual([named('gpu', 'UUID1'), named('gpu', 'UUID2'), discrete('fpga', 3), discrete('ssd', 2)]));

  it.each([[null], [undefined], [[]], [[{}, { NamedResourceSpec: { Kind: 'gpu' } }, { DiscreteResourceSpec: { Value: 1 } }]]])(
    'are the agent’s alone when the engine says %j',
    (said) => expect(offered(said)).toEqual([discrete('ssd', 2)]),
  );

  it('of the agent are known before the engine answers', () =>
    expect(undescribedNode(facts).resources?.genericResources).toEqual([discrete('ssd', 2)]));
});
