import { applyNetworkChanges, NO_NETWORKS } from '../../apps/agent/src/network/network-state';
import { hostCommands } from '#common/packet-filter';
import { aNetwork, anEndpoint } from '../../apps/agent/src/network/testing/a-state';
import { readDescription, readEngineError, readHello, readStatus } from '../../apps/manager/src/dispatcher/read-agent-message';
import { Hello, NetworkChanges } from '#common/dispatcher-proto';
import { newId } from '#common/identity';
import { createLogger } from '#common/logging';
import { NodeDescription, TaskStatus } from '#common/proto';
import { textsOf } from './agent-messages';
import { FakeHost } from './fake-host';

const HOST = { nodeId: 'n1', address: '10.77.0.11' };
const INJECTED = '10.77.0.12\nlink add planted type dummy';
const KEY = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=';

describe('promise 6: a value of an agent is read before it is kept', () => {
  const hello = (fields: object): Hello =>
    Hello.fromPartial({ nodeId: newId(), description: { hostname: 'n1' }, advertiseAddress: '10.77.0.11', ...fields });
  const described = (fields: object): NodeDescription => NodeDescription.fromPartial({ hostname: 'n1', ...fields });

  it.each([
    { field: 'hello.advertiseAddress', fields: { advertiseAddress: INJECTED } },
    { field: 'hello.advertiseAddress', fields: { advertiseAddress: '10.77.0.0/16' } },
    { field: 'hello.advertiseAddress', fields: { advertiseAddress: '0.0.0.0' } },
    { field: 'hello.nodeId', fields: { nodeId: '../x' } },
    { field: 'hello', fields: { description: undefined } },
  ])('a hello is refused with the name of its field: $field', ({ field, fields }) => {
    expect(() => readHello(hello(fields))).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => readHello(hello(fields))).toThrow(`${field}: `);
  });

  it.each([
    { field: 'description.hostname', fields: { hostname: 'n1;reboot' } },
    { field: 'description.hostname', fields: { hostname: '' } },
    { field: 'description.platform.os', fields: { platform: { os: 'linux\n' } } },
    { field: 'description.resources.memoryBytes', fields: { resources: { memoryBytes: -1 } } },
    {
      field: 'description.resources.genericResources',
      fields: { resources: { genericResources: [{ namedResourceSpec: { kind: 'GPU', value: 'a b' } }] } },
    },
    { field: 'description.engine.labels', fields: { engine: { labels: { region: 'eu\u001b[2J' } } } },
    { field: 'description.engine.labels', fields: { engine: { labels: { big: 'x'.repeat(5_000) } } } },
    { field: 'description.engine.plugins', fields: { engine: { plugins: [{ type: 'Other', name: 'x' }] } } },
    { field: 'description.networking.wireguardKey', fields: { networking: { wireguardKey: `${KEY}\n[Peer]` } } },
    { field: 'description.networking.wireguardPort', fields: { networking: { wireguardPort: 70_000 } } },
    {
      field: 'description',
      fields: { engine: { labels: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`l${i}`, 'x'.repeat(4_000)])) } },
    },
  ])('a description is refused with the name of its field: $field', ({ field, fields }) => {
    expect(() => readDescription(described(fields))).toThrow(`${field}: `);
  });

  it('what is right is kept, addresses in one form and words without what terminals act on', () => {
    expect(readHello(hello({ advertiseAddress: '::ffff:10.77.0.9' })).advertiseAddress).toBe('10.77.0.9');
    const networking = { wireguardKey: KEY, wireguardPort: 51840, overlayProblem: 'no\u001b[31m nft' };
    expect(readDescription(described({ networking })).networking).toMatchObject({
      wireguardKey: KEY,
      overlayProblem: 'no [31m nft',
    });
  });
});

describe('promise 6: whatever an agent says, it is of few bytes', () => {
  const LONG = [`\u001b[2J${'x'.repeat(100_000)}`, '\u6f22'.repeat(100_000), `x${'\u{1f433}'.repeat(100_000)}`];
  const MOST = 4_096;

  it('covers the texts of a node and of a status', () => {
    expect(textsOf('NodeNetworking')).toContain('filterProblem');
    expect(textsOf('TaskStatus')).toContain('err');
  });

  it.each(textsOf('NodeNetworking'))('%s of a node is shortened, or refused by name', (field) => {
    for (const long of LONG) {
      const description = NodeDescription.fromPartial({ hostname: 'n1', networking: { [field]: long } });
      let kept: unknown;
      try {
        kept = readDescription(description).networking?.[field as 'filterProblem'];
      } catch (error) {
        expect(String(error)).toContain(`description.networking.${field}: `);
        continue;
      }
      expect(Buffer.byteLength(kept as string)).toBeLessThanOrEqual(1_024);
      expect(kept).not.toMatch(/[\u001b\ufffd]/);
    }
  });

  it.each(textsOf('TaskStatus'))('%s of a status is shortened, or not taken', (field) => {
    for (const long of LONG) {
      const kept = readStatus(TaskStatus.fromPartial({ [field]: long }), new Date())[field as 'err'] ?? '';
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(MOST);
      expect(kept).not.toMatch(/[\u001b\ufffd]/);
    }
  });

  it('a text is cut between characters, as late as it may be', () => {
    expect(LONG.map((long) => Buffer.byteLength(readEngineError(long)))).toEqual([4_096, 4_095, 4_093]);
  });

  const place = { networkId: 'n'.repeat(300), engineNetwork: 'e'.repeat(300), address: '10.1.0.5' };
  it.each([
    {
      field: 'status.portStatus.ports',
      fields: { portStatus: { ports: Array.from({ length: 230 }, () => ({ name: 'x'.repeat(255) })) } },
    },
    {
      field: 'status.portStatus.ports',
      fields: { portStatus: { ports: Array.from({ length: 60 }, () => ({ name: '\u6f22'.repeat(255) })) } },
    },
    { field: 'status.engineEndpoints', fields: { engineEndpoints: { list: Array.from({ length: 64 }, () => place) } } },
  ])('a status with too much in $field is refused with that name', ({ field, fields }) => {
    const read = (): TaskStatus => readStatus(TaskStatus.fromPartial(fields), new Date());
    expect(read).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(read).toThrow(`${field}: `);
  });

  it('the most ports are taken, and as few entries as need not be measured are little', () => {
    const port = { protocol: 'tcp', targetPort: 65_535, publishedPort: 65_535, publishMode: 'ingress' };
    const long = { ...port, name: '\u6f22'.repeat(255) };
    const both = {
      portStatus: { ports: Array.from({ length: 16 }, () => long) },
      engineEndpoints: { list: Array.from({ length: 16 }, () => place) },
    };
    for (const fields of [{ portStatus: { ports: Array.from({ length: 1_024 }, () => port) } }, both]) {
      const bytes = TaskStatus.encode(readStatus(TaskStatus.fromPartial(fields), new Date())).finish().length;
      expect(bytes).toBeLessThan(33 * 1024);
    }
  });
});

describe('promise 6: a value that managers tell is read again where it becomes a command', () => {
  const back = aNetwork('back', '10.1.0.0/24');
  const changes = (parts: object): NetworkChanges => NetworkChanges.fromPartial({ complete: true, networks: [back], ...parts });

  it.each([
    {
      what: 'address of a node',
      parts: { nodes: [{ id: 'n2', address: INJECTED }] },
      refused: 'node n2',
      reason: 'address: ',
    },
    {
      what: 'address of a task',
      parts: { endpoints: [anEndpoint('t1', 'n2', { back: '10.1.0.4 dev eth0' })] },
      refused: 'endpoint t1',
      reason: 'address: ',
    },
    {
      what: 'virtual address',
      parts: { services: [{ id: 'web', networks: [{ networkId: 'back', virtualAddresses: ['10.1.0.2 } ;'] }] }] },
      refused: 'service web',
      reason: 'address: ',
    },
    {
      what: 'interface of a published port',
      parts: { services: [{ id: 'web', ports: [{ port: { targetPort: 80, publishedPort: 80 }, boundTo: ['eth0" accept'] }] }] },
      refused: 'service web',
      reason: 'ports: ',
    },
    {
      what: 'key',
      parts: { nodes: [{ id: 'n2', address: '10.77.0.12', networking: { wireguardKey: 'x', wireguardPort: 1 } }] },
      refused: 'node n2',
      reason: 'wireguardKey: ',
    },
    {
      what: 'MTU',
      parts: { networks: [aNetwork('back', '10.1.0.0/24', { options: { 'com.docker.network.driver.mtu': '70000' } })] },
      refused: 'network back',
      reason: 'com.docker.network.driver.mtu: ',
    },
    { what: 'subnet', parts: { networks: [aNetwork('back', '10.1.0.0/24 x')] }, refused: 'network back', reason: 'subnet: ' },
  ])('an unreadable $what is left out, and shown', ({ parts, refused, reason }) => {
    const state = applyNetworkChanges(NO_NETWORKS, changes(parts));
    expect(state.refused.get(refused)).toMatch(reason);
    expect(JSON.stringify([...state.nodes, ...state.endpoints, ...state.services])).not.toMatch(/planted|dev eth0|\} ;|accept/);
    const mended = applyNetworkChanges(state, changes({ complete: false, removedNodes: ['n2'], removedServices: ['web'] }));
    expect([...mended.refused.keys()]).not.toContain('node n2');
  });

  it('a port that is bound to something unreadable is not open everywhere instead', () => {
    const port = { targetPort: 80, publishedPort: 80 };
    const services = [
      { id: 'web', ports: [{ port, boundTo: ['eth0', '10.0.0.999'] }, { port: { ...port, publishedPort: 81 } }] },
    ];
    const known = applyNetworkChanges(NO_NETWORKS, changes({ services })).services.get('web');
    expect(known?.ports.map((each) => each.port?.publishedPort)).toEqual([81]);
  });

  it('nothing of what a line break carries reaches a tool', async () => {
    const host = await FakeHost.start(HOST, createLogger('test', 'silent'));
    const nodes = [
      { id: 'n1', address: HOST.address },
      { id: 'n2', address: INJECTED },
      { id: 'n3', address: '10.77.0.13' },
    ];
    await host.pass(applyNetworkChanges(NO_NETWORKS, changes({ nodes })));
    expect(JSON.stringify(host.commands.runs)).not.toContain('planted');
    expect(host.commands.linesOf('bridge').join('\n')).toContain('dst 10.77.0.13');
    await host.stop();
  });

  it.each([
    { tool: 'ip' as const, args: ['link', 'show', 'dev', 'eth0\n'], input: '' },
    { tool: 'ip' as const, args: ['-batch', '-'], input: 'link del eth0; reboot' },
    { tool: 'bridge' as const, args: ['-batch', '-'], input: 'fdb add "x"' },
    { tool: 'nft' as const, args: ['-f', '-'], input: 'include `x`' },
    { tool: 'nft' as const, args: ['-f', '-'], input: 'add table inet é' },
    { tool: 'iptables' as const, args: ['-S'], input: 'x' },
  ])('the last gate: $tool is not started with $args $input', async ({ tool, args, input }) => {
    await expect(hostCommands.run(tool, args, input)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each(['net/ipv4/../../kernel/core_pattern', 'net/ipv4/conf/a b/rp_filter', '/etc/passwd'])(
    'the kernel parameter %s is not written',
    async (path) => {
      await expect(hostCommands.setParameter(path, '1')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    },
  );
});
