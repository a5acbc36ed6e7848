import { applyNetworkChanges, NO_NETWORKS } from '../../apps/agent/src/network/network-state';
import { aNetwork, anEndpoint } from '../../apps/agent/src/network/testing/a-state';
import { ownersOf, rivalOf, withoutAddress, type AddressClaim } from '../../apps/manager/src/dispatcher/address-owner';
import { toWireguardConfig } from '../../apps/agent/src/network/wireguard/wireguard-config';
import { credentials, status as GrpcStatus, type ServiceError } from '@grpc/grpc-js';
import { networkProblems } from '../../apps/manager/src/api/render/render-network';
import { AgentMessage, DispatcherClient, NetworkChanges } from '#common/dispatcher-proto';
import { NodeState } from '#common/domain';
import { newId } from '#common/identity';
import { Node, ObservedNode } from '#common/proto';
import { keys } from '#common/store';
import { eventually } from '#common/testing';
import { freePort } from '../../apps/agent/src/dns/testing/asking';
import { FakeDispatcher } from './fake-dispatcher';
import { createLogger } from '#common/logging';
import { FakeHost } from './fake-host';

const HOST = { nodeId: 'n1', address: '10.77.0.11' };
const WEB = { targetPort: 80, publishedPort: 80, protocol: 'tcp' };

describe('promise 7: one address is one node', () => {
  const claim = (id: string, fields: Partial<AddressClaim> = {}): AddressClaim => ({
    id,
    hostname: id,
    address: '10.77.0.12',
    createdAt: '2026-01-01T00:00:00.000Z',
    isProven: true,
    isReady: true,
    ...fields,
  });
  const newer = { createdAt: '2026-01-02T00:00:00.000Z' };

  it.each([
    { name: 'the newer of two that answer', winner: claim('new', newer), loser: claim('old') },
    { name: 'one that answers', winner: claim('old'), loser: claim('new', { ...newer, isReady: false }) },
    { name: 'one that calls from there', winner: claim('old'), loser: claim('liar', { ...newer, isProven: false }) },
  ])('$name has it', ({ winner, loser }) => {
    for (const claims of [
      [winner, loser],
      [loser, winner],
    ]) {
      expect(rivalOf(loser, ownersOf(claims))).toBe(winner);
      expect(rivalOf(winner, ownersOf(claims))).toBeUndefined();
    }
  });

  it('a node that is down beside another with its address is left out; alone it is not', () => {
    const down = claim('old', { isReady: false });
    expect([...withoutAddress([down, claim('new', newer)])]).toEqual(['old']);
    expect([...withoutAddress([down])]).toEqual([]);
  });

  it('addresses that every host has are nobody’s', () => {
    const local = ['one', 'two'].map((id) => claim(id, { address: '127.0.0.1' }));
    expect(local.map((each) => rivalOf(each, ownersOf(local)))).toEqual([undefined, undefined]);
  });
});

describe('promise 7: of two agents with one address', () => {
  const TIMEOUT_MS = 30_000;
  let dispatcher: FakeDispatcher;
  let client: DispatcherClient;
  beforeAll(async () => {
    const place = `127.0.0.1:${await freePort()}`;
    dispatcher = await FakeDispatcher.start(place);
    client = new DispatcherClient(place, credentials.createInsecure());
  });
  afterAll(async () => {
    client.close();
    await dispatcher.stop();
  });

  /** @returns what the manager says when it ends the stream */
  const anAgent = (
    nodeId: string,
    advertiseAddress: string,
    networking?: object,
  ): { ended: Promise<string>; stream: ReturnType<DispatcherClient['session']> } => {
    const stream = client.session();
    const ended = new Promise<string>((resolve) => {
      stream.on('data', () => undefined);
      stream.on('error', ({ code, details }: ServiceError) => resolve(`${code} ${details}`));
    });
    stream.write(
      AgentMessage.fromPartial({
        hello: { nodeId, advertiseAddress, description: { hostname: `host-${nodeId.slice(0, 3)}`, networking } },
      }),
    );
    return { ended, stream };
  };
  const status = (nodeId: string) => dispatcher.store.view.node(nodeId)?.status;
  const untilReady = (nodeId: string): Promise<unknown> =>
    eventually(() => status(nodeId)?.state === NodeState.ready, { reason: 'the node is ready' });

  it(
    'the older one is told who has it, is recorded as down with the reason, and does not come back while the other is there',
    async () => {
      const [old, fresh] = [newId(), newId()];
      const first = anAgent(old, '10.77.0.12');
      await untilReady(old);
      anAgent(fresh, '10.77.0.12');
      const reason = `its address 10.77.0.12 is that of node ${fresh}`;
      expect(await first.ended).toContain(`${GrpcStatus.FAILED_PRECONDITION} ${reason}`);
      await eventually(() => status(old)?.state === NodeState.down, { reason: 'the older node is down' });
      expect(status(old)?.message).toContain(reason);
      expect(await anAgent(old, '10.77.0.12').ended).toContain(reason);
      expect(status(fresh)?.state).toBe(NodeState.ready);
    },
    TIMEOUT_MS,
  );

  it(
    'one that calls from there keeps it against one that only says so',
    async () => {
      const [honest, liar] = [newId(), newId()];
      // The address from which they call is the manager's own host's, which every host has.
      anAgent(honest, '10.77.0.13');
      await untilReady(honest);
      const { observed } = dispatcher.store.view.observedNode(honest) ?? {};
      if (!observed) throw new Error('the node is not recorded');
      const proven = ObservedNode.encode({ ...observed, callsFromItsAddress: true }).finish();
      await dispatcher.store.commit([], [{ kind: 'put', key: keys.nodeStatus(honest), value: proven }]);
      await eventually(() => dispatcher.store.view.observedNode(honest)?.observed.callsFromItsAddress, { reason: 'it is seen' });
      expect(await anAgent(liar, '10.77.0.13').ended).toContain(`its address 10.77.0.13 is that of node ${honest}`);
      expect(dispatcher.store.view.node(liar)).toBeUndefined();
      expect(status(honest)?.state).toBe(NodeState.ready);
    },
    TIMEOUT_MS,
  );

  describe('and of two with one WireGuard key', () => {
    const [NOW, NEXT, OTHER] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string, string];
    const holder = newId();
    beforeAll(async () => {
      anAgent(holder, '10.77.0.21', { wireguardKey: NOW, nextWireguardKey: NEXT, wireguardPort: 1 });
      await untilReady(holder);
    }, TIMEOUT_MS);

    it.each([
      { field: 'wireguardKey', keys: { wireguardKey: NOW } },
      { field: 'wireguardKey', keys: { wireguardKey: NEXT } },
      { field: 'nextWireguardKey', keys: { wireguardKey: OTHER, nextWireguardKey: NOW } },
      { field: 'nextWireguardKey', keys: { wireguardKey: OTHER, nextWireguardKey: NEXT } },
    ])(
      'one that names another’s as its $field is refused with the name of the field, at first and later ($keys)',
      async ({ field, keys }) => {
        const networking = { wireguardPort: 1, ...keys };
        const reason = `description.networking.${field}: it is a key of node ${holder}`;
        const late = newId();
        expect(await anAgent(newId(), '10.77.0.22', networking).ended).toContain(reason);
        const { ended, stream } = anAgent(late, '10.77.0.23');
        await untilReady(late);
        stream.write(AgentMessage.fromPartial({ description: { hostname: 'n', networking } }));
        expect(await ended).toContain(reason);
        expect(status(holder)?.state).toBe(NodeState.ready);
      },
      TIMEOUT_MS,
    );

    it(
      'a node uses the key that it has announced, and one that takes another’s place has its keys',
      async () => {
        const { stream } = anAgent(holder, '10.77.0.21', { wireguardKey: NEXT, wireguardPort: 1 });
        await eventually(() => dispatcher.store.view.node(holder)?.description?.networking?.wireguardKey === NEXT, {
          reason: 'the key is recorded',
        });
        stream.end();
        const fresh = newId();
        anAgent(fresh, '10.77.0.21', { wireguardKey: NEXT, wireguardPort: 1 });
        await untilReady(fresh);
      },
      TIMEOUT_MS,
    );
  });

  it(
    'a later description that cannot be ends the stream with the name of its field',
    async () => {
      const stream = client.session();
      const ended = new Promise<string>((resolve) => stream.on('error', ({ details }: ServiceError) => resolve(details)));
      const welcomed = new Promise((resolve) => stream.once('data', resolve));
      stream.on('data', () => undefined);
      const hello = { nodeId: newId(), advertiseAddress: '10.77.0.14', description: { hostname: 'n' } };
      stream.write(AgentMessage.fromPartial({ hello }));
      await welcomed;
      stream.write(AgentMessage.fromPartial({ description: { hostname: 'n\nm' } }));
      expect(await ended).toContain('description.hostname: ');
    },
    TIMEOUT_MS,
  );
});

describe('promise 7: what a node cannot have', () => {
  it('is shown on the network', () => {
    const networking = { problems: [{ networkId: 'back', problem: 'the engine refuses it' }] };
    const nodes = [Node.fromPartial({ id: 'n1', description: { hostname: 'one', networking } }), Node.fromPartial({ id: 'n2' })];
    expect(networkProblems('back', nodes)).toEqual([{ Node: 'n1', Hostname: 'one', Problem: 'the engine refuses it' }]);
    expect(networkProblems('other', nodes)).toBeUndefined();
  });
});

describe('promise 7: one bad thing of a host’s networks is that thing alone', () => {
  let host: FakeHost;
  beforeAll(async () => {
    host = await FakeHost.start(HOST, createLogger('test', 'silent'));
  });
  beforeEach(() => (host.commands.refuses = () => false));
  afterAll(() => host.stop());
  const state = (parts: object) => applyNetworkChanges(NO_NETWORKS, NetworkChanges.fromPartial({ complete: true, ...parts }));
  const networks = [aNetwork('back', '10.1.0.0/24'), aNetwork('other', '10.2.0.0/24', { vxlanId: 0x10002 })];
  const nodes = [
    { id: 'n1', address: HOST.address },
    { id: 'n2', address: '10.77.0.12' },
  ];
  const rules = (): string => host.commands.linesOf('nft').join('\n');

  it('two nodes with one address, one virtual address, one port or one task address twice do not fail a pass', async () => {
    const ingress = aNetwork('ingress', '10.3.0.0/24', { ingress: true, vxlanId: 0x10003 });
    const service = (id: string): object => ({
      id,
      name: id,
      networks: [{ networkId: 'back', virtualAddresses: ['10.1.0.2'] }],
      ports: [{ port: WEB, boundTo: [] }],
    });
    const endpoints = ['web', 'web2'].map((serviceId, index) =>
      anEndpoint(`t${index}`, 'n2', { back: '10.1.0.5', ingress: '10.3.0.5' }, { serviceId }),
    );
    const told = { nodes: [...nodes, { id: 'n3', address: '10.77.0.12' }], services: ['web', 'web2'].map(service), endpoints };
    const { problems } = await host.pass(state({ ...told, networks: [...networks, ingress] }));
    expect(problems).toEqual([]);
    for (const list of rules().matchAll(/elements = \{ (.*) \}/g)) {
      const keys = (list[1] ?? '').split(', ').map((element) => element.split(' : ')[0]);
      expect(keys).toEqual([...new Set(keys)]);
    }
    for (const tool of ['ip', 'bridge'] as const) {
      const lines = host.commands.linesOf(tool).filter((line) => /^(fdb|neigh|address|route|rule) /.test(line));
      expect(lines).toEqual([...new Set(lines)]);
    }
  });

  it('a network that the engine refuses leaves the others, and is shown as what it is', async () => {
    const made = await host.pass(state({ networks, nodes }), 'other');
    expect(made.problems).toEqual([{ networkId: 'other', problem: 'the engine refuses it' }]);
    expect(rules()).toContain('"sc10001"');
    expect(rules()).not.toContain('"sc10002"');
  });

  it('a device that the kernel refuses leaves the others', async () => {
    host.commands.refuses = ({ tool, input }) => tool === 'ip' && input.includes('link add vx10002');
    const made = await host.pass(state({ networks, nodes }));
    expect(made.problems).toEqual([{ networkId: 'other', problem: 'ip failed: refused' }]);
    expect(rules()).toContain('"sc10001"');
  });

  it('an entry that the kernel refuses leaves the rest of its network, and the other networks', async () => {
    host.commands.refuses = ({ tool, input }) => tool === 'bridge' && input.includes('vx10002');
    const made = await host.pass(state({ networks, nodes }));
    expect(made.problems).toEqual([{ networkId: 'other', problem: 'bridge failed: refused' }]);
    expect(rules()).toContain('"sc10001"');
    expect(rules()).toContain('"sc10002"');
    const batches = host.commands.runs.filter(({ tool, args }) => tool === 'bridge' && args.includes('-batch'));
    expect(batches.some(({ input }) => input.includes('vx10001') && !input.includes('vx10002'))).toBe(true);
  });

  it('a network that cannot be read leaves the others, and is shown by its id', async () => {
    const bad = aNetwork('other', '10.2.0.0/24', { vxlanId: 0x10002, options: { 'com.docker.network.driver.mtu': '70000' } });
    const made = await host.pass(state({ networks: [networks[0], bad], nodes }));
    expect(made.problems).toEqual([{ networkId: 'other', problem: expect.stringContaining('70000') as string }]);
    expect(rules()).toContain('"sc10001"');
  });

  it('a WireGuard key that two nodes name is the first one’s, and the others keep theirs', () => {
    const keys = { a: 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=', b: 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=' };
    const told = state({ nodes: [{ id: 'n2', address: '10.77.0.12', networking: { wireguardKey: keys.a, wireguardPort: 1 } }] });
    expect(told.nodes.get('n2')?.networking?.wireguardKey).toBe(keys.a);
    const both = applyNetworkChanges(
      told,
      NetworkChanges.fromPartial({
        nodes: [
          { id: 'n3', address: '10.77.0.13', networking: { wireguardKey: keys.a, wireguardPort: 1 } },
          { id: 'n4', address: '10.77.0.14', networking: { wireguardKey: keys.b, wireguardPort: 1 } },
        ],
      }),
    );
    const text = toWireguardConfig(`${'A'.repeat(42)}E=`, both, HOST);
    expect(text.match(/PublicKey/g)).toHaveLength(2);
    expect(text).toContain('Endpoint = 10.77.0.14:1');
  });
});
