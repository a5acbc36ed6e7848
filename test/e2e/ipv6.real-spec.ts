import { eventually } from '#common/testing';
import { SwarmUnderTest, type TaskJson } from './swarm-under-test';
import { WHO_PATH, webService } from './web-service';

describe('networks with IPv6 beside IPv4', () => {
  let swarm: SwarmUnderTest;
  let callers: TaskJson[];
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('ipv6', ['n1', 'n2']);
    await swarm.createNetwork('back', { EnableIPv6: true });
    await swarm.create(webService({ name: 'web', replicas: 2, networks: ['back'] }));
    await swarm.create(webService({ name: 'caller', replicas: 2, networks: ['back'] }));
    await swarm.create(webService({ name: 'each', replicas: 2, networks: ['back'], endpointMode: 'dnsrr' }));
    for (const name of ['web', 'each']) await swarm.untilRunning(name, 2, 60_000);
    callers = await swarm.untilRunning('caller', 2, 60_000);
  }, 180_000);
  afterAll(() => swarm?.down());

  const inCaller = (task: TaskJson, script: string): Promise<string> => swarm.inTask(task, 'sh', '-c', `${script} || true`);
  const ipv6Of = ({ NetworksAttachments }: TaskJson): string =>
    (NetworksAttachments?.[0]?.Addresses ?? []).find((address) => address.includes(':'))?.replace(/\/.*/, '') ?? '';
  const namesAnswering = async (task: TaskJson, url: string, calls: number): Promise<Set<string>> => {
    const said = await inCaller(task, `for i in $(seq ${calls}); do timeout 2 wget -q -O - "${url}"; done`);
    return new Set(said.trim().split('\n'));
  };

  it('give every task an address of each kind, and the service too', async () => {
    const { Endpoint } = await swarm.service('web');
    const virtual = (Endpoint?.VirtualIPs ?? []).map(({ Addr }) => Addr);
    expect(virtual).toEqual([expect.stringMatching(/^10\..*\/20$/), expect.stringMatching(/^fd73:7761:726d::.*\/64$/)]);
    const own = await inCaller(callers[0] as TaskJson, 'ip -6 address show scope global');
    expect(own).toContain(ipv6Of(callers[0] as TaskJson));
  }, 30_000);

  it('lead to tasks on every host by address, by the virtual address, and by name', async () => {
    const web = await swarm.running('web');
    const virtual = (await swarm.service('web')).Endpoint?.VirtualIPs?.[1]?.Addr.replace(/\/.*/, '') ?? '';
    for (const caller of callers) {
      for (const task of web) {
        await eventually(async () => (await namesAnswering(caller, `http://[${ipv6Of(task)}]/`, 1)).has(await nameOf(task)), {
          reason: `${ipv6Of(task)} answers`,
        });
      }
      await eventually(async () => (await namesAnswering(caller, `http://[${virtual}]/`, 20)).size === 2, {
        reason: 'both tasks answer at the virtual address',
        timeoutMs: 20_000,
      });
      expect(await inCaller(caller, 'nslookup -type=aaaa web')).toContain(`Address: ${virtual}`);
      const each = await inCaller(caller, 'nslookup -type=aaaa each');
      for (const task of await swarm.running('each')) expect(each).toContain(`Address: ${ipv6Of(task)}`);
    }
  }, 90_000);

  it("keep the caller's own address", async () => {
    const virtual = (await swarm.service('web')).Endpoint?.VirtualIPs?.[1]?.Addr.replace(/\/.*/, '') ?? '';
    const [caller] = callers as [TaskJson];
    const said = await inCaller(caller, `timeout 2 wget -q -O - "http://[${virtual}]${WHO_PATH}"`);
    expect(said).toContain(ipv6Of(caller));
  }, 30_000);

  it('leave nothing behind', async () => {
    await swarm.removeServices();
    await eventually(async () => (await swarm.send('DELETE', '/networks/back')).status === 204, { reason: 'it is removed' });
    await swarm.untilNoOverlays();
  }, 60_000);

  const nameOf = async (task: TaskJson): Promise<string> => {
    const { host, id } = await swarm.containerOf(task);
    const { Config } = await host.docker.json<{ Config: { Env: string[] } }>({ path: `/containers/${id}/json` });
    return Config.Env.find((entry) => entry.startsWith('TASK='))?.slice('TASK='.length) ?? '';
  };
});
