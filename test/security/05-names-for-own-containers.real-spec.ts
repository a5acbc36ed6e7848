import { eventually } from '#common/testing';
import { LabCluster } from '../lab/cluster';
import { runCommand } from '../lab/run-command';
import type { LabHost } from '../lab/lab-host';
import { SwarmUnderTest, type SpecJson, type TaskJson } from '../e2e/swarm-under-test';
import { webService } from '../e2e/web-service';

const DNS_PORT = 4753;
const DNS_PACKET = JSON.stringify(require.resolve('dns-packet'));
/** Answers questions about `good.test`, and no others. */
const NAMESERVER = `
const { decode, encode } = require(${DNS_PACKET});
const server = require('dgram').createSocket('udp4');
server.on('message', (message, from) => {
  const { id, questions } = decode(message);
  if (questions[0].name !== 'good.test') return;
  const answers = [{ type: 'A', name: 'good.test', ttl: 1, data: '192.0.2.9' }];
  server.send(encode({ type: 'response', id, questions, answers }), from.port, from.address);
}).bind(53, process.argv[1]);`;
/** Asks each name once, all at the same time: transport, address, port, milliseconds, names. Prints what became of each: its code, or none. */
const ASK = `
const { decode, encode } = require(${DNS_PACKET});
const [transport, host, port, patience, ...names] = process.argv.slice(1);
const query = (id, name) => encode({ type: 'query', id, flags: 256, questions: [{ type: 'A', name }] });
const fates = names.map(() => 'none');
const finish = () => { process.stdout.write(fates.join(' ')); process.exit(0); };
const take = (message) => {
  const { id, rcode, answers } = decode(message);
  fates[id] = rcode === 'NOERROR' ? answers.map(({ data }) => data).join() || 'empty' : rcode;
  if (!fates.includes('none')) finish();
};
setTimeout(finish, Number(patience));
if (transport === 'udp') {
  const socket = require('dgram').createSocket('udp4').on('message', take).on('error', () => {});
  names.forEach((name, id) => socket.send(query(id, name), port, host));
} else {
  const socket = require('net').connect(port, host, () => names.forEach((name, id) => {
    const message = query(id, name);
    socket.write(Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]));
  }));
  socket.on('error', finish).on('data', (data) => take(data.subarray(2)));
}`;
/** Sends bytes that are no questions, by both transports. */
const NOISE = `
const { randomBytes, randomInt } = require('crypto');
const [host, port, count] = process.argv.slice(1);
const udp = require('dgram').createSocket('udp4').on('error', () => {});
const pointers = Buffer.concat([Buffer.from('000101000001000000000000', 'hex'), Buffer.alloc(600, Buffer.from([0xc0, 12]))]);
(async () => {
  for (let index = 0; index < Number(count); index++) {
    const message = index % 5 === 0 ? pointers : randomBytes(randomInt(1400));
    if (message.length > 4) message[2] &= 0x7f;
    await new Promise((resolve) => udp.send(message, port, host, resolve));
    if (index % 20 !== 0) continue;
    await new Promise((resolve) => {
      const tcp = require('net').connect(port, host, () => tcp.end(index % 40 === 0 ? message : Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message])));
      tcp.on('error', () => {}).on('close', resolve).resume();
    });
  }
  process.exit(0);
})();`;

describe("promise 5: the agent's name server answers containers of its own host only, each its share, and survives them", () => {
  let swarm: SwarmUnderTest;
  let n1: LabHost;
  let asker: TaskJson;
  let greedy: TaskJson;
  let gateway: string;
  const pinned = (host: string): object => ({ Constraints: [`node.hostname==${host}`] });
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('resolver', ['n1', 'n2']);
    n1 = swarm.lab.host('n1');
  }, 180_000);
  afterAll(() => swarm?.down());

  const fatesFrom = async (
    command: string,
    args: readonly string[],
    names: readonly string[],
    patienceMs: number,
  ): Promise<string[]> => {
    const run = await runCommand(command, [...args, String(patienceMs), ...names], { timeoutMs: patienceMs + 10_000 });
    return run.stdout.split(' ');
  };
  const inNamespaceOf = async (task: TaskJson): Promise<string[]> => {
    const { host, id } = await swarm.containerOf(task);
    return inNamespace(host, id);
  };
  const inNamespace = async (host: LabHost, id: string): Promise<string[]> => {
    const { State } = await host.docker.json<{ State: { Pid: number } }>({ path: `/containers/${id}/json` });
    return [`--net=/proc/${State.Pid}/ns/net`, '--', process.execPath, '-e'];
  };
  /** What a container gets that asks its name server. */
  const askIn = async (task: TaskJson, transport: string, names: readonly string[], patienceMs = 5_000): Promise<string[]> =>
    fatesFrom('nsenter', [...(await inNamespaceOf(task)), ASK, transport, gateway, '53'], names, patienceMs);
  /** What a process of a host gets that asks the name server of n1 at its own port. */
  const askOn = async (host: LabHost, transport: string): Promise<string> => {
    const args = ['-e', ASK, transport, n1.address, String(DNS_PORT), '1500', 'web'];
    return (await host.exec(process.execPath, args, { timeoutMs: 10_000 })).stdout;
  };
  const socketsOf = async (host: LabHost): Promise<string> =>
    (await host.exec('ss', ['-Hlntu', `sport = ${DNS_PORT}`])).stdout.trim();

  it('without an overlay, no port is open', async () => {
    for (const host of ['n1', 'n2'].map((name) => swarm.lab.host(name))) expect(await socketsOf(host)).toBe('');
  });

  it('with an overlay, its containers are answered, by UDP and TCP', async () => {
    await swarm.createNetwork('back');
    const nameserver = swarm.lab.host('n2').address;
    for (const name of ['web', 'asker', 'greedy']) {
      const service = webService({ name, networks: ['back'], placement: pinned('n1') }) as SpecJson;
      const ContainerSpec = { ...service.TaskTemplate.ContainerSpec, DNSConfig: { Nameservers: [nameserver] } };
      await swarm.create({ ...service, TaskTemplate: { ...service.TaskTemplate, ContainerSpec } });
    }
    for (const name of ['web', 'asker', 'greedy']) await swarm.untilRunning(name, 1, 60_000);
    [asker] = (await swarm.running('asker')) as [TaskJson];
    [greedy] = (await swarm.running('greedy')) as [TaskJson];
    const address = asker.NetworksAttachments?.[0]?.Addresses[0]?.split('/')[0] ?? '';
    gateway = address.replace(/\d+$/, '1');
    for (const transport of ['udp', 'tcp'])
      await eventually(async () => expect((await askIn(asker, transport, ['web']))[0]).toMatch(/^10\./), {
        reason: `web is known by ${transport}`,
        timeoutMs: 20_000,
      });
  }, 120_000);

  it('neither the host itself, nor another host, nor a container of docker0 is answered', async () => {
    expect(await socketsOf(n1)).not.toBe('');
    // Nothing of the overlay is on n2.
    expect(await socketsOf(swarm.lab.host('n2'))).toBe('');
    for (const transport of ['udp', 'tcp']) {
      expect(await askOn(n1, transport)).toBe('none');
      expect(await askOn(swarm.lab.host('n2'), transport)).toBe('none');
    }
    const { Id: id } = await n1.docker.json<{ Id: string }>({
      method: 'POST',
      path: '/containers/create',
      body: { Image: 'busybox:latest', Cmd: ['sleep', '600'], StopSignal: 'SIGKILL' },
    });
    await n1.docker.json({ method: 'POST', path: `/containers/${id}/start` });
    for (const transport of ['udp', 'tcp']) {
      const namespace = await inNamespace(n1, id);
      expect(await fatesFrom('nsenter', [...namespace, ASK, transport, n1.address, String(DNS_PORT)], ['web'], 1_500)).toEqual([
        'none',
      ]);
    }
    await n1.docker.json({ method: 'DELETE', path: `/containers/${id}?force=true` });
  }, 60_000);

  it('one container that asks for very much does not keep another one from being answered', async () => {
    const n2 = swarm.lab.host('n2');
    const nameserver = n2.spawn({ part: 'nameserver', command: process.execPath, args: ['-e', NAMESERVER, n2.address] });
    await eventually(async () => expect(await askIn(asker, 'udp', ['good.test'], 1_000)).toEqual(['192.0.2.9']), {
      reason: 'the name server of the service answers',
    });
    const names = Array.from({ length: 1_000 }, (_, index) => `x${index}.silent.test`);
    const flood = askIn(greedy, 'udp', names, 4_000);
    for (let asked = 0; asked < 10; asked++) expect(await askIn(asker, 'udp', ['good.test'], 1_000)).toEqual(['192.0.2.9']);
    const fates = await flood;
    // Those over its share were refused at once, the others when nobody had answered.
    expect(fates.filter((fate) => fate === 'SERVFAIL').length).toBeGreaterThan(64);
    await nameserver.kill();
  }, 60_000);

  it('promise 14: whatever bytes a container sends, the agent is the same process and answers', async () => {
    const agent = swarm.cluster.process('agent', 'n1');
    await runCommand('nsenter', [...(await inNamespaceOf(greedy)), NOISE, gateway, '53', '3000'], { timeoutMs: 60_000 });
    expect((await askIn(asker, 'udp', ['web']))[0]).toMatch(/^10\./);
    expect((await askIn(asker, 'tcp', ['web']))[0]).toMatch(/^10\./);
    expect(swarm.cluster.process('agent', 'n1')?.pid).toBe(agent?.pid);
    expect(agent?.isRunning()).toBe(true);
  }, 90_000);

  it('promise 18: a supervisor starts a program again that has ended with a code', async () => {
    expect(LabCluster.find(swarm.lab)).toBeDefined();
    const supervisor = swarm.lab.spawn({
      part: 'supervisor',
      command: process.execPath,
      args: [require.resolve('../../dist/deploy/local/supervisor.js'), swarm.lab.name],
    });
    try {
      for (const part of ['agent', 'manager'] as const) {
        const before = swarm.cluster.process(part, 'n1');
        await swarm.cluster.kill(part, 'n1');
        await eventually(
          () => swarm.cluster.process(part, 'n1')?.pid !== before?.pid && swarm.cluster.process(part, 'n1')?.isRunning(),
          {
            reason: `the ${part} runs again`,
            timeoutMs: 10_000,
          },
        );
      }
    } finally {
      await supervisor.kill();
    }
    await swarm.cluster.ready();
    expect((await askIn(asker, 'udp', ['web']))[0]).toMatch(/^10\./);
  }, 90_000);

  it('once the overlay is gone, the port is closed again', async () => {
    for (const name of ['web', 'asker', 'greedy']) await swarm.send('DELETE', `/services/${name}`);
    await eventually(async () => expect(await socketsOf(n1)).toBe(''), { reason: 'nothing listens', timeoutMs: 30_000 });
  }, 60_000);
});
