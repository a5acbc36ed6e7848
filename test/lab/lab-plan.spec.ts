import { labNames, planLab, planMachineLab } from './lab-plan';

const request = { id: 'a1', slot: 7, name: 'demo', root: '/data/demo', hosts: ['n1', 'n2'], registry: false };

describe('laying out a lab', () => {
  it('gives every host an address in the network of the lab', () => {
    expect(planLab(request).hosts.map(({ name, address }) => `${name} ${address}`)).toEqual(['n1 10.77.7.11', 'n2 10.77.7.12']);
    expect(labNames(7).subnet).toBe('10.77.7.0/24');
  });

  it('keeps labs apart in everything that the kernel or the machine shares', () => {
    const [one, two] = [labNames(1), labNames(2)];
    for (const key of ['runDir', 'netnsPrefix', 'cgroup', 'bridge', 'subnet'] as const) expect(one[key]).not.toBe(two[key]);
    // A prefix of the other would make cleaning up one lab remove the other.
    expect(labNames(11).netnsPrefix.startsWith(labNames(1).netnsPrefix)).toBe(false);
  });

  it('keeps socket paths within the 107 bytes of a unix socket, however long the data path is', () => {
    const { hosts } = planLab({ ...request, slot: 250, root: `/${'long/'.repeat(40)}`, hosts: ['a23456789012345'] });
    expect(hosts[0]?.dockerSocket?.length).toBeLessThanOrEqual(107);
  });

  it('adds the registry as a host without an engine', () => {
    const registry = planLab({ ...request, registry: true }).hosts.at(-1);
    expect(registry).toMatchObject({ name: 'registry', address: '10.77.7.10' });
    expect(registry?.engine).toBeUndefined();
  });

  it('adds clients as hosts without an engine, after the others', () => {
    const client = planLab({ ...request, clients: ['c1'] }).hosts.at(-1);
    expect(client).toMatchObject({ name: 'c1', address: '10.77.7.13' });
    expect(client?.dockerSocket).toBeUndefined();
  });

  it.each([
    { name: 'a host name too long for a network device', hosts: ['a234567890123456'], error: 'does not fit' },
    { name: 'a host name that is no word', hosts: ['n/1'], error: 'does not fit' },
    { name: "the registry's name", hosts: ['registry'], error: 'does not fit' },
    { name: 'the same host twice', hosts: ['n1', 'n1'], error: 'must differ' },
    {
      name: 'more hosts than addresses',
      hosts: Array.from({ length: 241 }, (_, index) => `n${index}`),
      error: 'has room for 240 hosts',
    },
  ])('refuses $name', ({ hosts, error }) => {
    expect(() => planLab({ ...request, hosts })).toThrow(error);
  });

  it('refuses a lab name that is no file name', () => {
    expect(() => planLab({ ...request, name: '../etc' })).toThrow('does not fit');
  });
});

describe('laying out a lab on the machine itself', () => {
  const machine = { id: 'b2', slot: 3, name: 'local', root: '/repo/.swarm', hostName: 'vm.example.org' };

  it('uses an engine that runs already, and runs none', () => {
    const [host] = planMachineLab({ ...machine, dockerSocket: '/var/run/docker.sock' }).hosts;
    expect(host).toMatchObject({
      name: 'vm.example.org',
      address: '127.0.0.1',
      isolated: false,
      dockerSocket: '/var/run/docker.sock',
    });
    expect(host?.engine).toBeUndefined();
  });

  it('otherwise runs an engine on a bridge of its own', () => {
    const [host] = planMachineLab(machine).hosts;
    expect(host?.engine).toMatchObject({ bridge: 'swl3br0', dataDir: '/repo/.swarm/engine' });
    expect(host?.engine?.bridge?.length).toBeLessThanOrEqual(15);
  });
});
