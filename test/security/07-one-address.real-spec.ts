import { eventually } from '#common/testing';
import { commandLine } from '../lab/cluster-layout';
import { join } from 'node:path';
import { SwarmUnderTest } from '../e2e/swarm-under-test';
import { webService } from '../e2e/web-service';

const DIST = join(__dirname, '../../dist/apps');

interface NodeJson {
  ID: string;
  CreatedAt: string;
  Status: { State: string; Addr: string; Message?: string };
  Description: { Hostname: string; Networking?: { Problems?: object[] } };
}

describe('promise 7: one address is one node, and one bad network is that network alone', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('one-address', ['n1', 'n2']);
    await swarm.createNetwork('back');
    await swarm.create(webService({ name: 'web', networks: ['back'], placement: { Constraints: ['node.hostname==n2'] } }));
    await swarm.create(webService({ name: 'caller', networks: ['back'], placement: { Constraints: ['node.hostname==n1'] } }));
    await swarm.untilRunning('web', 1, 60_000);
    await swarm.untilRunning('caller', 1, 60_000);
  }, 180_000);
  afterAll(() => swarm?.down());

  const nodesAt = async (address: string): Promise<NodeJson[]> => {
    const nodes = (await swarm.cluster.nodes()) as unknown as NodeJson[];
    return nodes.filter(({ Status }) => Status.Addr === address);
  };

  it('a host that was set up anew beside its old record works within seconds, and the old record says why it is down', async () => {
    const n2 = swarm.lab.host('n2');
    const [old] = await nodesAt(n2.address);
    await swarm.cluster.kill('agent', 'n2');
    const { command, args } = commandLine(swarm.cluster.layout, { part: 'agent', host: 'n2' }, DIST);
    const fresh = args.map((arg) => arg.replace(`${n2.dataDir}/agent`, `${n2.dataDir}/agent-anew`));
    n2.spawn({ part: 'agent', command, args: fresh });
    const startedAt = Date.now();
    await eventually(
      async () => {
        const [caller] = await swarm.running('caller');
        if (!caller) throw new Error('nobody asks');
        expect((await swarm.running('web')).some(({ NodeID }) => NodeID !== old?.ID)).toBe(true);
        expect(await swarm.inTask(caller, 'wget', '-q', '-O', '-', 'http://web/')).toContain('web.1.');
      },
      { timeoutMs: 30_000, reason: 'the new node serves on the overlay network' },
    );
    process.stdout.write(`the overlay works ${Date.now() - startedAt} ms after the new agent's start\n`);
    const both = await nodesAt(n2.address);
    const before = both.find(({ ID }) => ID === old?.ID);
    const after = both.find(({ ID }) => ID !== old?.ID);
    expect(before?.Status).toMatchObject({
      State: 'down',
      Message: expect.stringContaining(`that of node ${after?.ID}`) as string,
    });
    expect(after?.Status).toMatchObject({ State: 'ready' });
    const [n1] = await nodesAt(swarm.lab.host('n1').address);
    for (const node of [n1, after]) expect(node?.Description.Networking?.Problems ?? []).toEqual([]);
  }, 60_000);

  it.each([
    { field: 'Options: com.docker.network.driver.mtu', body: { Options: { 'com.docker.network.driver.mtu': '70000' } } },
    { field: 'invalid subnet 224.0.0.0/24', body: { IPAM: { Config: [{ Subnet: '224.0.0.0/24' }] } } },
    { field: 'invalid gateway address', body: { IPAM: { Config: [{ Subnet: '10.99.0.0/24', Gateway: '10.98.0.1' }] } } },
  ])('a network that no host can have is refused with its field: $field', async ({ field, body }) => {
    const reply = await swarm.send('POST', '/networks/create', { Name: 'bad', Driver: 'overlay', ...body });
    expect(reply.status).toBe(400);
    expect(reply.text).toContain(field);
  });
});
