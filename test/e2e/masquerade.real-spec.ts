import { eventually } from '#common/testing';
import { SwarmUnderTest } from './swarm-under-test';
import { webService, WHO_PATH } from './web-service';

const PORT = 8080;
const HOSTS = ['n1', 'n2'];

describe('nodes that cannot send answers back by the node that was called', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('masquerade', HOSTS, {
      clients: ['c1'],
      extraArgs: { agent: ['--ingress-mode', 'masquerade'] },
    });
    await swarm.create(webService({ name: 'web', replicas: 2, publish: PORT }));
    await swarm.untilRunning('web', 2, 60_000);
  }, 180_000);
  afterAll(() => swarm?.down());

  it("answer all the same, to callers of other nodes as to those nodes' own address", async () => {
    const client = swarm.lab.host('c1');
    for (const name of HOSTS) {
      const { address } = swarm.lab.host(name);
      const callersByTask = new Map<string, string>();
      await eventually(
        async () => {
          const [caller = '', task = ''] = (await client.httpGet(`http://${address}:${PORT}${WHO_PATH}`)).trim().split(' ');
          callersByTask.set(task, caller.replace(/^\[::ffff:|\]$/g, ''));
          return callersByTask.size === 2;
        },
        { reason: `${name} leads to both tasks`, timeoutMs: 20_000 },
      );
      const [, , third, fourth] = address.split('.');
      // The task on the node itself sees the caller, the one on the other node the address that stands for the node.
      expect([...callersByTask.values()].sort()).toEqual([client.address, `198.18.${third}.${fourth}`].sort());
    }
  }, 60_000);

  it('say so, and why', async () => {
    const { stdout } = await swarm.swarmctl('node', 'inspect', '--pretty', 'n1');
    expect(stdout).toContain("of other nodes' published ports come with that node's address");
    expect(stdout).toContain('--ingress-mode masquerade');
  }, 30_000);

  it('leave nothing behind', async () => {
    await swarm.removeServices();
    await swarm.untilNoOverlays();
  }, 60_000);
});
