import { eventually } from '#common/testing';
import type { LabHost } from '../lab/lab-host';
import { SwarmUnderTest } from './swarm-under-test';
import { chiSquare, underLoad } from './traffic';
import { webService, WHO_PATH } from './web-service';

const PORT = 8080;
const BOUND_PORT = 8090;
const RATE = 200;
/** Chi-square with two degrees of freedom is above this once in a thousand fair runs. */
const UNEVEN = 13.8;

describe('a published port', () => {
  let swarm: SwarmUnderTest;
  let client: LabHost;
  let urls: string[];
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('ports', ['n1', 'n2', 'n3'], { clients: ['c1'] });
    client = swarm.lab.host('c1');
    urls = ['n1', 'n2', 'n3'].map((name) => `http://${swarm.lab.host(name).address}:${PORT}`);
    await swarm.create(webService({ name: 'web', replicas: 3, publish: PORT }));
    await swarm.untilRunning('web', 3, 30_000);
    await Promise.all(urls.map((url) => untilAnswers(client, url)));
  }, 180_000);
  afterAll(() => swarm?.down());

  it("is answered by every node, evenly spread over all tasks, each of which sees the caller's own address", async () => {
    expect(Object.values(await swarm.perHost('web')).filter((count) => count > 0)).toEqual([1, 1, 1]);
    for (const url of urls) {
      const answers = new Map<string, number>();
      for (let call = 0; call < 30; call++) {
        const [address = '', task = ''] = (await client.httpGet(`${url}${WHO_PATH}`)).trim().split(' ');
        // busybox listens on IPv6, and writes an IPv4 caller as such.
        expect({ url, task, address: address.replace(/^\[::ffff:|\]$/g, '') }).toEqual({ url, task, address: client.address });
        answers.set(task, (answers.get(task) ?? 0) + 1);
      }
      expect(answers.size).toBe(3);
      expect(chiSquare([...answers.values()])).toBeLessThan(UNEVEN);
    }
  }, 60_000);

  it('is answered on the node itself, by its address and by loopback', async () => {
    const n1 = swarm.lab.host('n1');
    for (const address of [n1.address, '127.0.0.1']) {
      for (let call = 0; call < 6; call++) expect(await n1.httpGet(`http://${address}:${PORT}/`)).toContain('web.');
    }
  }, 30_000);

  it.each(['start-first', 'stop-first'])(
    'fails no request while the service is updated %s',
    async (order) => {
      const report = await underLoad(client, { urls, rate: RATE }, async () => {
        await swarm.updateService('web', (spec) => ({
          ...spec,
          UpdateConfig: { Parallelism: 1, Order: order, Monitor: 500_000_000 },
          TaskTemplate: { ...spec.TaskTemplate, ForceUpdate: (spec.TaskTemplate.ForceUpdate ?? 0) + 1 },
        }));
        await swarm.untilUpdate('web', 'completed', 90_000);
      });
      expect(report.failures).toEqual({});
      expect(report.answered).toBeGreaterThan(RATE);
      // All tasks before and all tasks after have been called, but maybe the one that was the first to leave.
      expect(Object.keys(report.byAnswer).length).toBeGreaterThanOrEqual(5);
    },
    120_000,
  );

  it('fails no request while the service is scaled up and down', async () => {
    const scale = (replicas: number): Promise<void> =>
      swarm.updateService('web', (spec) => ({ ...spec, Mode: { Replicated: { Replicas: replicas } } }));
    const report = await underLoad(client, { urls, rate: RATE }, async () => {
      await scale(10);
      await swarm.untilRunning('web', 10, 60_000);
      await untilAllAnswer(client, urls[0] ?? '', 10);
      await scale(1);
      await swarm.untilRunning('web', 1, 30_000);
      await eventually(async () => (await swarm.runningContainerIds()).length === 1, {
        reason: 'the others have ended',
        timeoutMs: 30_000,
      });
    });
    expect(report.failures).toEqual({});
  }, 150_000);

  it('is refused to a second service, and chosen by the manager where none is asked for', async () => {
    const taken = await swarm.send('POST', '/services/create', webService({ name: 'other', publish: PORT }));
    expect(taken.status).toBe(400);
    expect(taken.text).toContain(`port '${PORT}' is already in use by service 'web'`);
    await swarm.create(webService({ name: 'other', publish: 0 }));
    const { Endpoint } = await swarm.service('other');
    const port = Endpoint?.Ports?.[0]?.PublishedPort ?? 0;
    expect(port).toBeGreaterThanOrEqual(30_000);
    expect(port).toBeLessThanOrEqual(32_767);
    await untilAnswers(client, `http://${swarm.lab.host('n2').address}:${port}`);
  }, 60_000);

  it('answers only at the addresses that it is bound to', async () => {
    const [here, elsewhere] = ['n1', 'n2'].map((name) => swarm.lab.host(name).address);
    const labels = { 'swarmctl.publish.80/tcp.bind': here ?? '' };
    await swarm.create(webService({ name: 'bound', publish: BOUND_PORT, labels }));
    await untilAnswers(client, `http://${here}:${BOUND_PORT}`);
    await expect(client.httpGet(`http://${elsewhere}:${BOUND_PORT}/`)).rejects.toThrow();
  }, 60_000);

  it('is closed again, and leaves nothing in any host, once no service is there', async () => {
    await swarm.removeServices();
    await swarm.untilNoOverlays();
  }, 90_000);
});

async function untilAllAnswer(client: LabHost, url: string, tasks: number): Promise<void> {
  const seen = new Set<string>();
  await eventually(async () => seen.add((await client.httpGet(`${url}/`)).trim()).size === tasks, {
    reason: `all ${tasks} tasks answer`,
    timeoutMs: 30_000,
  });
}

async function untilAnswers(client: LabHost, url: string): Promise<void> {
  await eventually(async () => (await client.httpGet(`${url}/`)) !== '', { reason: `${url} answers`, timeoutMs: 20_000 });
}
