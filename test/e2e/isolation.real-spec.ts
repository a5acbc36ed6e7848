import { Lab } from '../lab/lab';
import { LabCluster } from '../lab/cluster';
import { USUAL_PORTS } from '../lab/cluster-layout';
import { SwarmUnderTest, type TaskJson } from './swarm-under-test';
import { webService } from './web-service';

describe('what an overlay network keeps apart', () => {
  let swarm: SwarmUnderTest;
  let inside: TaskJson;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('apart', ['n1', 'n2'], { clients: ['c1'] });
    await swarm.createNetwork('left');
    await swarm.createNetwork('right');
    for (const [name, host] of [['left', 'n1'] as const, ['right', 'n2'] as const]) {
      const placement = { Constraints: [`node.hostname==${host}`] };
      await swarm.create(webService({ name, networks: [name], placement }));
    }
    await swarm.create(webService({ name: 'peer', networks: ['left'], placement: { Constraints: ['node.hostname==n2'] } }));
    for (const name of ['left', 'right', 'peer']) await swarm.untilRunning(name, 1, 60_000);
    [inside] = (await swarm.running('left')) as [TaskJson];
  }, 180_000);
  afterAll(() => swarm?.down());

  /** Whether something accepts a TCP connection there, asked from inside a container. */
  const reaches = async (address: string, port: number): Promise<boolean> => {
    const output = await swarm.inTask(
      inside,
      'sh',
      '-c',
      `nc -w 2 ${address} ${port} </dev/null >/dev/null 2>&1 && echo yes || echo no`,
    );
    return output.trim() === 'yes';
  };
  const addressOf = async (service: string): Promise<string> =>
    (await swarm.running(service))[0]?.NetworksAttachments?.[0]?.Addresses[0]?.split('/')[0] ?? '';

  it('a container reaches those on its own network on another host, and nobody on another network', async () => {
    expect(await reaches(await addressOf('peer'), 80)).toBe(true);
    expect(await reaches(await addressOf('right'), 80)).toBe(false);
  }, 30_000);

  it("a container reaches neither managers, nor etcd, nor the nodes' VXLAN ends, on its own host or another", async () => {
    for (const host of ['n1', 'n2'].map((name) => swarm.lab.host(name))) {
      for (const port of [USUAL_PORTS.agents, USUAL_PORTS.etcdClients, USUAL_PORTS.etcdPeers])
        expect({ host: host.name, port, reached: await reaches(host.address, port) }).toMatchObject({ reached: false });
    }
    const gateway = (await addressOf('left')).replace(/\d+$/, '1');
    expect(await reaches(gateway, USUAL_PORTS.agents)).toBe(false);
    expect(await reaches(gateway, USUAL_PORTS.etcdClients)).toBe(false);
  }, 90_000);

  it('a second network with the same subnet is refused', async () => {
    const networks = await swarm.cluster.api.json<{ Name: string; IPAM: { Config: { Subnet: string }[] } }[]>({
      path: '/networks',
    });
    const subnet = networks.find(({ Name }) => Name === 'left')?.IPAM.Config[0]?.Subnet ?? '';
    const reply = await swarm.send('POST', '/networks/create', {
      Name: 'again',
      Driver: 'overlay',
      IPAM: { Config: [{ Subnet: subnet }] },
    });
    expect(reply.text).toContain('Pool overlaps with other one on this address space');
    expect(reply.status).toBeGreaterThanOrEqual(400);
  });

  it('a VXLAN packet from an address that is no node is dropped', async () => {
    const client = swarm.lab.host('c1');
    const n1 = swarm.lab.host('n1');
    const [vxlan = ''] = (await n1.exec('ip', ['-o', 'link', 'show', 'type', 'vxlan'])).stdout.match(/vx[0-9a-f]+/) ?? [];
    const id = parseInt(vxlan.slice(2), 16);
    const target = await addressOf('left');
    const [prefix] = /^\d+\.\d+\.\d+/.exec(target) ?? [''];
    const mac = `02:42:${target
      .split('.')
      .map((byte) => Number(byte).toString(16).padStart(2, '0'))
      .join(':')}`;
    const intruder = `${prefix}.250`;
    const commands = [
      `link add vxspoof type vxlan id ${id} dstport 4789 local ${client.address} remote ${n1.address} nolearning`,
      `addr add ${intruder}/20 dev vxspoof`,
      'link set vxspoof up',
      `neigh add ${target} lladdr ${mac} dev vxspoof nud permanent`,
    ];
    await client.exec('ip', ['-batch', '-'], { input: commands.join('\n') });
    const received = async (): Promise<number> => {
      const { stdout } = await n1.exec('ip', ['-s', '-j', 'link', 'show', vxlan]);
      return (JSON.parse(stdout) as { stats64: { rx: { packets: number } } }[])[0]?.stats64.rx.packets ?? -1;
    };
    const before = await received();
    await client.exec('busybox', ['ping', '-c', '2', '-W', '1', target]).catch(() => undefined);
    expect(await received()).toBe(before);
    await client.exec('ip', ['link', 'delete', 'vxspoof']);
  }, 30_000);
});

describe('two clusters on one network between hosts', () => {
  let labs: Lab;
  let clusters: LabCluster[];
  beforeAll(async () => {
    labs = await Lab.up({ name: 'two-clusters', hosts: ['n1', 'n2'] });
    clusters = [];
    for (const host of ['n1', 'n2']) clusters.push(await LabCluster.up(labs, { hosts: [host] }));
  }, 180_000);
  afterAll(() => labs?.down());

  it('may use the same subnets and VXLANs, and do not see each other', async () => {
    const addresses: string[] = [];
    for (const [index, cluster] of clusters.entries()) {
      const swarm = SwarmUnderTest.around(labs, cluster);
      await swarm.createNetwork('same', { IPAM: { Config: [{ Subnet: '10.9.0.0/24' }] } });
      await swarm.create(webService({ name: `web${index}`, networks: ['same'], replicas: 1 + index }));
      const tasks = await swarm.untilRunning(`web${index}`, 1 + index, 60_000);
      addresses.push(...tasks.map((task) => task.NetworksAttachments?.[0]?.Addresses[0] ?? ''));
    }
    // Both start from the front of the subnet: the second cluster's other task has an address that the first has not given out.
    const [first, , foreign = ''] = addresses;
    expect(addresses.slice(1)).toContain(first);
    const swarm = SwarmUnderTest.around(labs, clusters[0] as LabCluster);
    const [asker] = await swarm.running('web0');
    const call = `timeout 2 wget -q -O - http://${foreign.split('/')[0]}/ || echo nobody`;
    expect(await swarm.inTask(asker as TaskJson, 'sh', '-c', call)).toContain('nobody');
  }, 120_000);
});
