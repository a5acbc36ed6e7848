import { commandLine, partsOf, USUAL_PORTS, type ClusterLayout } from './cluster-layout';

function aLayout(overrides: Partial<ClusterLayout> = {}): ClusterLayout {
  const hosts = [11, 12, 13].map((octet, index) => ({
    name: `n${index + 1}`,
    address: `10.77.1.${octet}`,
    dataDir: `/data/n${index + 1}`,
    dockerSocket: `/run/n${index + 1}.sock`,
  }));
  const sockets = ['/run/swarmctl/manager.sock'];
  return {
    hosts,
    managers: ['n1'],
    subnet: '10.77.1.0/24',
    ports: USUAL_PORTS,
    sockets,
    logLevel: 'info',
    extraArgs: {},
    ...overrides,
  };
}

function option(layout: ClusterLayout, part: 'etcd' | 'manager' | 'agent', host: string, name: string): string | undefined {
  const { args } = commandLine(layout, { part, host }, '/dist/apps');
  return args[args.indexOf(name) + 1];
}

describe('a cluster with one manager', () => {
  it('runs etcd and the manager on the first host, and an agent on each', () => {
    const placed = partsOf(aLayout()).map(({ part, host }) => `${part} ${host}`);
    expect(placed).toEqual(['etcd n1', 'manager n1', 'agent n1', 'agent n2', 'agent n3']);
  });

  it("lets the manager's own agent call by loopback and the others by address", () => {
    expect(option(aLayout(), 'agent', 'n1', '--manager')).toBe('127.0.0.1:2378');
    expect(option(aLayout(), 'agent', 'n2', '--manager')).toBe('10.77.1.11:2378');
  });

  it('has the manager admit agents from the network of the lab', () => {
    expect(option(aLayout(), 'manager', 'n1', '--agent-listen')).toBe('0.0.0.0:2378');
    expect(option(aLayout(), 'manager', 'n1', '--agent-network')).toBe('10.77.1.0/24');
  });

  it('tells the manager at which size etcd refuses writes', () => {
    for (const [layout, bytes] of [
      [aLayout(), String(2 * 1024 ** 3)],
      [aLayout({ etcdQuotaBytes: 16_777_216 }), '16777216'],
    ] as const) {
      expect(option(layout, 'etcd', 'n1', '--quota-backend-bytes')).toBe(bytes);
      expect(option(layout, 'manager', 'n1', '--etcd-quota-bytes')).toBe(bytes);
    }
  });

  it('has the manager ask the registries of the lab without TLS, as its engines do', () => {
    expect(option(aLayout(), 'manager', 'n1', '--insecure-registry')).toBe('10.77.1.0/24');
  });
});

describe('a cluster with three managers', () => {
  const layout = aLayout({ managers: ['n1', 'n2', 'n3'], sockets: ['/run/1.sock', '/run/2.sock', '/run/3.sock'] });

  it('makes one etcd cluster of them', () => {
    expect(option(layout, 'etcd', 'n2', '--initial-cluster')).toBe(
      'n1=https://10.77.1.11:2380,n2=https://10.77.1.12:2380,n3=https://10.77.1.13:2380',
    );
  });

  it('tells everybody the nearest manager and etcd member first', () => {
    expect(option(layout, 'manager', 'n2', '--etcd')).toBe(
      'https://127.0.0.1:2379,https://10.77.1.11:2379,https://10.77.1.13:2379',
    );
    expect(option(layout, 'agent', 'n2', '--manager')).toBe('127.0.0.1:2378,10.77.1.11:2378,10.77.1.13:2378');
  });

  it('gives each manager a socket of its own', () => {
    expect(option(layout, 'manager', 'n3', '--listen')).toBe('unix:///run/3.sock');
  });
});

describe('a cluster on the machine itself', () => {
  const host = { name: 'vm', address: '127.0.0.1', dataDir: '/repo/.swarm', dockerSocket: '/var/run/docker.sock' };
  const ports = { etcdClients: 41001, etcdPeers: 41002, agents: 41003 };
  const layout = aLayout({ hosts: [host], managers: ['vm'], subnet: undefined, ports });

  it('listens on loopback only', () => {
    expect(option(layout, 'etcd', 'vm', '--listen-client-urls')).toBe('https://127.0.0.1:41001');
    expect(option(layout, 'manager', 'vm', '--agent-listen')).toBe('127.0.0.1:41003');
    expect(commandLine(layout, { part: 'manager', host: 'vm' }, '/dist/apps').args).not.toContain('--agent-network');
  });
});

it('appends arguments given for a kind of program', () => {
  const layout = aLayout({ extraArgs: { agent: ['--label', 'zone=a'] } });
  expect(commandLine(layout, { part: 'agent', host: 'n3' }, '/dist/apps').args.slice(-2)).toEqual(['--label', 'zone=a']);
});
