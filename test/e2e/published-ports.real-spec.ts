import { eventually } from '#common/testing';
import type { LabHost } from '../lab/lab-host';
import { SwarmUnderTest, type SpecJson } from './swarm-under-test';
import { chiSquare, underLoad } from './traffic';
import { webService, WHO_PATH } from './web-service';

const PORT = 8080;
const BOUND_PORT = 8090;
const PROXIED_PORT = 8100;
const PROXY_LABEL = { 'swarmctl.publish.80/tcp.proxy-protocol': '1' };
/** Says what it hears. */
const ECHO = { Command: ['nc', '-ll', '-p', '80', '-e', 'cat'] };
const UDP_PORT = 9053;
const UDP_ECHO = `const s = require('dgram').createSocket('udp4');
s.on('message', (text, from) => s.send(from.address + ' says ' + text, from.port, from.address)).bind(${UDP_PORT});`;
const UDP_CALL = `const s = require('dgram').createSocket('udp4');
s.on('message', (text) => { process.stdout.write(text); s.close(); });
s.send('hello', ${UDP_PORT}, process.argv[1]);
setTimeout(() => process.exit(1), 1000).unref();`;
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

  it('tells each task who is calling by the PROXY protocol, where that is asked for', async () => {
    const echo = webService({ name: 'proxied', replicas: 3, publish: PROXIED_PORT, labels: PROXY_LABEL }) as SpecJson;
    const ContainerSpec = { ...ECHO, Image: 'busybox:latest', StopSignal: 'SIGKILL' };
    await swarm.create({ ...echo, TaskTemplate: { ContainerSpec } });
    await swarm.untilRunning('proxied', 3, 30_000);
    for (const { address } of ['n1', 'n2', 'n3'].map((name) => swarm.lab.host(name))) {
      const say = `echo hello | timeout 3 busybox nc ${address} ${PROXIED_PORT}`;
      const heard = await eventually(async () => (await client.exec('sh', ['-c', say])).stdout, { reason: `${address} answers` });
      expect(heard).toMatch(new RegExp(`^PROXY TCP4 ${client.address} ${address} \\d+ ${PROXIED_PORT}\r\nhello\n$`));
    }
  }, 60_000);

  it('of UDP is answered by every node, and one of SCTP is led to the task', async () => {
    // The image has no UDP server: the machine's own Node, inside the container's network.
    const ContainerSpec = {
      Image: 'busybox:latest',
      Command: ['chroot', '/host', process.execPath, '-e', UDP_ECHO],
      Mounts: [{ Type: 'bind', Source: '/', Target: '/host', ReadOnly: true }],
      StopSignal: 'SIGKILL',
    };
    const Ports = ['udp', 'sctp'].map((Protocol) => ({
      Protocol,
      TargetPort: UDP_PORT,
      PublishedPort: UDP_PORT,
      PublishMode: 'ingress',
    }));
    await swarm.create({ Name: 'datagrams', TaskTemplate: { ContainerSpec }, EndpointSpec: { Ports } });
    await swarm.untilRunning('datagrams', 1, 30_000);
    for (const host of ['n1', 'n2', 'n3'].map((name) => swarm.lab.host(name))) {
      const ask = ['-e', UDP_CALL, host.address];
      await eventually(async () => (await client.exec(process.execPath, ask)).stdout === `${client.address} says hello`, {
        reason: `${host.address} answers`,
        timeoutMs: 20_000,
      });
      // No program here speaks SCTP: only that the kernel takes the rule is seen.
      const { stdout } = await host.exec('nft', ['list', 'chain', 'inet', 'swarmctl', `port_sctp_${UDP_PORT}`]);
      expect(stdout).toMatch(/meta l4proto (sctp|132) dnat/);
    }
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
