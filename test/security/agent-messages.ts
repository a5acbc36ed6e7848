import fc, { type Arbitrary } from 'fast-check';
import { AgentMessage, NetworkChanges } from '#common/dispatcher-proto';
import { objectMetadata } from '#common/proto';
import { anyText } from '#common/testing';

/** What somebody sends who wants a command of their own, or a program's end. */
const NASTY = [
  '',
  '10.77.0.12\nlink del eth0',
  '10.77.0.12 } ; delete table inet swarmctl',
  '"; add rule',
  '\0',
  '\u001b[2J',
  '$(reboot)',
  '`id`',
  '__proto__',
  'constructor',
  '../../etc',
  '-batch',
  'é'.repeat(300),
  'x'.repeat(5_000),
  '١٠.٠.٠.١',
  '10.0.0.1/24',
  '999.1.1.1',
  '0.0.0.0',
  '224.0.0.1',
  'fe80::1%eth0',
  '::ffff:10.0.0.9',
];

const GOOD = {
  address: ['10.77.0.11', '10.77.0.12', '10.77.0.13', '10.1.0.5', '10.1.0.6', 'fd00::5', ''],
  subnet: ['10.1.0.0/24', '10.2.0.0/16', 'fd00::/64', '10.1.0.0/33', '0.0.0.0/0'],
  hostname: ['n1', 'node-2.example', ''],
  id: ['back', 'other', 'a1', 'b2', 'b2', 'ingress'],
  key: ['xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=', `${'A'.repeat(43)}=`, ''],
  time: ['2026-01-01T00:00:00.000Z', '2999-01-01T00:00:00Z', 'now', ''],
  container: ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(63), ''],
  protocol: ['tcp', 'udp', 'sctp', 'TCP', ''],
};

/** Mostly of its kind, else anything. */
function text(kind: keyof typeof GOOD): Arbitrary<string> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...GOOD[kind]) },
    { weight: 1, arbitrary: fc.constantFrom(...NASTY) },
    { weight: 1, arbitrary: anyText },
  );
}

const port = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 65_535 }) },
  fc.constantFrom(0, 65_536, 70_000, 0xffff_ffff),
);
const count = fc.oneof({ weight: 6, arbitrary: fc.nat(1_000) }, fc.constantFrom(-1, 2 ** 53 - 1, -(2 ** 40)));
const labels = fc.dictionary(text('id'), text('hostname'), { maxKeys: 4 });

function some<T>(arbitrary: Arbitrary<T>, maxLength = 3): Arbitrary<T[]> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.array(arbitrary, { maxLength }) },
    { weight: 1, arbitrary: fc.array(arbitrary, { maxLength: 40 }) },
  );
}

function maybe<T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 8 });
}

const TYPE_STRING = 9;

/** Names of a message's texts, by the compiler's own description of our files: one that is new is not forgotten. */
export function textsOf(message: string): string[] {
  const found = objectMetadata.fileDescriptor.messageType?.find(({ name }) => name === message);
  const texts = (found?.field ?? []).filter(({ type }) => type === TYPE_STRING);
  return texts.map(({ name = '' }) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
}

const networking = fc.record({
  ...Object.fromEntries(textsOf('NodeNetworking').map((name) => [name, text('hostname')])),
  wireguardKey: text('key'),
  nextWireguardKey: text('key'),
  wireguardPort: port,
  problems: some(fc.record({ networkId: text('id'), problem: text('hostname') })),
});

const description = fc.record({
  hostname: text('hostname'),
  platform: maybe(fc.record({ architecture: text('id'), os: text('id') })),
  resources: maybe(
    fc.record({
      nanoCpus: count,
      memoryBytes: count,
      genericResources: some(
        fc.record({
          namedResourceSpec: maybe(fc.record({ kind: text('id'), value: text('id') })),
          discreteResourceSpec: maybe(fc.record({ kind: text('id'), value: count })),
        }),
      ),
    }),
  ),
  engine: maybe(
    fc.record({
      engineVersion: text('id'),
      labels,
      plugins: some(fc.record({ type: fc.oneof(fc.constantFrom('Volume', 'Network'), text('id')), name: text('id') })),
    }),
  ),
  networking: maybe(networking),
});

const portConfig = fc.record({
  name: text('id'),
  protocol: text('protocol'),
  targetPort: port,
  publishedPort: port,
  publishMode: fc.oneof(fc.constantFrom('ingress', 'host'), text('id')),
});

const status = fc.record({
  timestamp: text('time'),
  state: maybe(fc.constantFrom('running', 'starting', 'failed', 'new', 'orphaned', 'complete')),
  message: text('hostname'),
  err: text('hostname'),
  containerStatus: maybe(fc.record({ containerId: text('container'), pid: count, exitCode: count })),
  portStatus: maybe(fc.record({ ports: some(portConfig) })),
  appliedAt: text('time'),
  runningAt: text('time'),
  restarts: fc.nat(),
  engineEndpoints: maybe(
    fc.record({
      list: some(
        fc.record({
          networkId: text('id'),
          engineNetwork: text('id'),
          address: text('address'),
          ipv6Address: text('address'),
          mac: text('hostname'),
          gateway: text('address'),
        }),
      ),
    }),
  ),
});

/** Anything that an agent may send: what is good in most of its fields is taken, and the rest should be refused. */
export function anAgentMessage(nodeId: string, taskIds: readonly string[]): Arbitrary<AgentMessage> {
  const own = fc.oneof({ weight: 12, arbitrary: fc.constant(nodeId) }, { weight: 1, arbitrary: text('id') });
  const hello = fc.record({
    nodeId: own,
    description: maybe(description),
    advertiseAddress: text('address'),
    availability: text('id'),
  });
  const plain = fc.constant({ nodeId, description: { hostname: 'n1' }, advertiseAddress: '10.77.0.11', availability: '' });
  const taskId = fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...taskIds) }, { weight: 1, arbitrary: text('id') });
  return fc
    .oneof(
      fc.record({ hello: fc.oneof(hello, plain) }),
      fc.record({ statuses: fc.record({ observations: some(fc.record({ taskId, status: maybe(status) })) }) }),
      fc.record({ description }),
      fc.record({ heartbeat: fc.record({ engineError: text('hostname') }) }),
      fc.constant({}),
    )
    .map((message) => AgentMessage.fromPartial(message as Parameters<typeof AgentMessage.fromPartial>[0]));
}

const network = fc.record({
  id: text('id'),
  vxlanId: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(0x10001, 0x10002, 0x10003) },
    fc.constantFrom(0, 0x0100_0000, 0xffff_ffff),
  ),
  spec: maybe(
    fc.record({
      name: text('id'),
      ingress: fc.boolean(),
      internal: fc.boolean(),
      options: fc.oneof(
        fc.constantFrom(
          {},
          { encrypted: '' },
          { 'com.docker.network.driver.mtu': '1400' },
          { 'com.docker.network.driver.mtu': '70000' },
        ),
        labels,
      ),
      ipam: maybe(
        fc.record({
          config: some(
            fc.oneof(
              { weight: 3, arbitrary: fc.constant({ subnet: '10.1.0.0/24', gateway: '10.1.0.1' }) },
              { weight: 1, arbitrary: fc.record({ subnet: text('subnet'), gateway: text('address') }) },
            ),
          ),
        }),
      ),
    }),
  ),
});

/** What a manager may tell of networks, `complete` and with duplicates. */
export function aPicture(nodeId: string): Arbitrary<NetworkChanges> {
  const nodeIds = fc.oneof(fc.constantFrom(nodeId, 'n2', 'n3'), text('id'));
  return fc
    .record({
      complete: fc.constant(true),
      networks: some(network, 4),
      nodes: some(
        fc.record({ id: nodeIds, hostname: text('hostname'), address: text('address'), networking: maybe(networking) }),
        4,
      ),
      services: some(
        fc.record({
          id: text('id'),
          name: text('id'),
          networks: some(
            fc.record({ networkId: text('id'), aliases: some(text('id')), virtualAddresses: some(text('address')) }),
          ),
          ports: some(
            fc.record({
              port: maybe(portConfig),
              boundTo: some(fc.oneof(text('address'), fc.constantFrom('eth0', 'eth0"', 'lo'))),
              proxyProtocol: fc.constantFrom(0, 0, 0, 3, 0xffff_ffff),
            }),
          ),
          preferLocal: fc.boolean(),
        }),
      ),
      endpoints: some(
        fc.record({
          taskId: text('id'),
          serviceId: text('id'),
          nodeId: nodeIds,
          name: text('id'),
          addresses: some(fc.record({ networkId: text('id'), address: text('address') })),
          serving: fc.boolean(),
          nameservers: some(text('address')),
          names: some(text('id')),
        }),
        5,
      ),
      controlPlane: maybe(
        fc.record({
          addresses: some(
            fc.oneof(fc.constantFrom('10.77.0.11:2379', '[fd00::1]:2379', '999.9.9.9:1', '10.0.0.1:22 }'), text('address')),
          ),
        }),
      ),
    })
    .map((changes) => NetworkChanges.fromPartial(changes as Parameters<typeof NetworkChanges.fromPartial>[0]));
}
