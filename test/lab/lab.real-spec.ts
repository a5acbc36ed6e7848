import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { Lab } from './lab';
import type { LabHost } from './lab-host';
import { tracesOf } from './traces';

const PROJECT = join(__dirname, '../..');
const LAB_TIMEOUT_MS = 120_000;
const SHIM_SOCKETS = '/run/containerd/s';

jest.setTimeout(LAB_TIMEOUT_MS);

/** Another name for every run, so that runs side by side do not meet. */
function labName(of: string): string {
  return `${of}-${process.pid}`;
}

async function runContainer(host: LabHost, ...args: string[]): Promise<string> {
  return (await host.exec('docker', ['run', '-d', ...args])).stdout.trim();
}

async function inspect(host: LabHost, id: string): Promise<{ Pid: number; StartedAt: string; Status: string }> {
  const { State } = await host.docker.json<{ State: { Pid: number; StartedAt: string; Status: string } }>({
    path: `/containers/${id}/json`,
  });
  return State;
}

function ping(from: LabHost, to: LabHost): Promise<unknown> {
  return from.exec('busybox', ['ping', '-c', '1', '-W', '1', to.address]);
}

/** Whether datagrams from one host arrive at another; unlike a ping's, none goes the other way. */
async function receives(to: LabHost, from: LabHost): Promise<boolean> {
  const receive = `const socket = require('dgram').createSocket('udp4').bind(7000);
    const timer = setTimeout(() => socket.close(), 2000);
    socket.once('message', () => { console.log('received'); clearTimeout(timer); socket.close(); });`;
  const send = `const socket = require('dgram').createSocket('udp4');
    let left = 40;
    const timer = setInterval(() => socket.send('hello', 7000, '${to.address}', () => { if (--left === 0) { clearInterval(timer); socket.close(); } }), 50);`;
  const [received] = await Promise.all(
    [receive, send].map((program, index) => (index === 0 ? to : from).exec(process.execPath, ['-e', program])),
  );
  return received?.stdout.trim() === 'received';
}

function shimSocketsOf(container: string, { runDir }: Lab, host: LabHost): string[] {
  const address = readFileSync(
    `${runDir}/${host.name}/containerd/io.containerd.runtime.v2.task/moby/${container}/address`,
    'utf8',
  );
  return readdirSync(SHIM_SOCKETS)
    .map((file) => `${SHIM_SOCKETS}/${file}`)
    .filter((path) => address.includes(path));
}

describe('a lab of three hosts', () => {
  let lab: Lab;
  let [n1, n2, n3]: LabHost[] = [];
  const hosts = () => {
    if (n1 === undefined || n2 === undefined || n3 === undefined) throw new Error('the lab is not up');
    return { n1, n2, n3 };
  };

  beforeAll(async () => {
    lab = await Lab.up({ name: labName('three'), hosts: ['n1', 'n2', 'n3'], registry: true });
    [n1, n2, n3] = ['n1', 'n2', 'n3'].map((name) => lab.host(name));
  });
  afterAll(() => lab.down());

  it('lets every host reach every other', async () => {
    for (const from of [hosts().n1, hosts().n2, hosts().n3])
      for (const to of [hosts().n1, hosts().n2, hosts().n3]) await ping(from, to);
  });

  it('keeps its network off the machine', () => {
    const routes = readFileSync('/proc/net/route', 'utf8');
    expect(routes).not.toContain(hexOf(lab.subnet));
  });

  it('gives every engine of its own the same images, a different one under each tag', async () => {
    for (const host of [hosts().n1, hosts().n2, hosts().n3]) {
      const images = await host.docker.json<{ Id: string; RepoTags: string[] }[]>({ path: '/images/json' });
      expect(images.flatMap(({ RepoTags }) => RepoTags).sort()).toEqual(['busybox:2', 'busybox:latest']);
      expect(new Set(images.map(({ Id }) => Id)).size).toBe(2);
    }
  });

  it('passes images from one host to another through its registry', async () => {
    const image = `${lab.registry}/web:1`;
    await hosts().n1.exec('docker', ['tag', 'busybox:latest', image]);
    await hosts().n1.exec('docker', ['push', image]);
    await hosts().n2.exec('docker', ['pull', image]);
    const { stdout } = await hosts().n2.exec('docker', ['run', '--rm', image, 'echo', 'pulled']);
    expect(stdout.trim()).toBe('pulled');
  });

  it('cuts a host off and heals it', async () => {
    await hosts().n2.cut();
    await expect(ping(hosts().n1, hosts().n2)).rejects.toThrow('ended with code 1');
    await ping(hosts().n1, hosts().n3);
    await hosts().n2.heal();
    await eventually(() => ping(hosts().n1, hosts().n2), { reason: 'n2 is reached again' });
  });

  it.each(['incoming', 'outgoing'] as const)('cuts only the %s direction', async (direction) => {
    await hosts().n2.cut(direction);
    const [incoming, outgoing] = await Promise.all([receives(hosts().n2, hosts().n1), receives(hosts().n1, hosts().n2)]);
    await hosts().n2.heal();
    expect({ incoming, outgoing }).toEqual({ incoming: direction === 'outgoing', outgoing: direction === 'incoming' });
    await ping(hosts().n1, hosts().n2);
  });

  it('keeps containers running, untouched, while their engine is killed and started again', async () => {
    const id = await runContainer(hosts().n1, 'busybox', 'sleep', '3600');
    const before = await inspect(hosts().n1, id);
    await hosts().n1.killEngine();
    expect(existsSync(`/proc/${before.Pid}`)).toBe(true);
    await expect(hosts().n1.docker.send({ path: '/_ping' })).rejects.toThrow('got no answer');
    await hosts().n1.startEngine();
    expect(await inspect(hosts().n1, id)).toEqual(before);
  });

  it('restarts an engine that was stopped in good order, containers untouched', async () => {
    const id = await runContainer(hosts().n3, 'busybox', 'sleep', '3600');
    const before = await inspect(hosts().n3, id);
    await hosts().n3.stopEngine();
    await hosts().n3.startEngine();
    expect(await inspect(hosts().n3, id)).toEqual(before);
  });

  it('tells why a process did not start', async () => {
    expect(() => hosts().n1.spawn({ part: 'wrong', command: '/does/not/exist', args: [] })).not.toThrow();
    await eventually(() => expect(hosts().n1.process('wrong')?.logTail()).toContain('No such file'), { reason: 'the log tells' });
  });
});

describe('the end of a lab', () => {
  it('leaves nothing, whatever its containers and processes are doing', async () => {
    const lab = await Lab.up({ name: labName('end'), hosts: ['n1'] });
    const host = lab.host('n1');
    const running = await runContainer(host, '-p', '8080:80', 'busybox', 'httpd', '-f');
    const paused = await runContainer(host, '--restart', 'always', 'busybox', 'sleep', '3600');
    await runContainer(host, '--network', 'host', '--pid', 'host', 'busybox', 'sleep', '3600');
    await host.exec('docker', ['pause', paused]);
    host.spawn({ part: 'stopped', command: 'sleep', args: ['3600'] }).signal('SIGSTOP');
    await host.killEngine('SIGSTOP');
    const sockets = [running, paused].flatMap((id) => shimSocketsOf(id, lab, host));
    expect(sockets).toHaveLength(2);

    await lab.down();

    expect(tracesOf(lab)).toEqual([]);
    expect(sockets.filter(existsSync)).toEqual([]);
  });

  it('may be asked for twice', async () => {
    const lab = await Lab.up({ name: labName('twice'), hosts: ['n1'] });
    await lab.down();
    await lab.down();
    expect(tracesOf(lab)).toEqual([]);
  });

  it('is brought about by the next lab when its program has crashed', async () => {
    const name = labName('crashed');
    const program = `require('${PROJECT}/dist/test/lab/lab.js').Lab.up({ name: '${name}', hosts: ['n1'] }).then(() => setInterval(() => {}, 1000))`;
    const child = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
    await eventually(() => Lab.open(name).host('n1').exec('docker', ['run', '-d', 'busybox', 'sleep', '3600']), {
      reason: 'the lab is up',
      timeoutMs: 60_000,
    });
    const abandoned = Lab.open(name);
    child.kill('SIGKILL');
    await eventually(() => child.signalCode === 'SIGKILL', { reason: 'the program is gone' });

    const next = await Lab.up({ name: labName('next'), hosts: [] });

    expect(Lab.names()).not.toContain(name);
    await next.down(); // it may have got the number of the other, and with it the names in the kernel
    expect(tracesOf(abandoned)).toEqual([]);
  });
});

describe('labs side by side', () => {
  it('do not touch one another', async () => {
    const [first, second] = await Promise.all(['first', 'second'].map((name) => Lab.up({ name: labName(name), hosts: ['n1'] })));
    if (first === undefined || second === undefined) throw new Error('two labs were asked for');
    try {
      expect(first.subnet).not.toBe(second.subnet);
      const id = await runContainer(second.host('n1'), 'busybox', 'sleep', '3600');
      await first.down();
      expect((await inspect(second.host('n1'), id)).Status).toBe('running');
    } finally {
      await Promise.all([first.down(), second.down()]);
    }
  });

  it('survive that an earlier one of the same number is removed once more', async () => {
    const earlier = await Lab.up({ name: labName('earlier'), hosts: [] });
    await earlier.down();
    const later = await Lab.up({ name: labName('later'), hosts: ['n1'] });
    await earlier.down();
    const ping = await later.host('n1').docker.send({ path: '/_ping' });
    await later.down();
    expect(ping.status).toBe(200);
  });

  it('cannot have the same name', async () => {
    const lab = await Lab.up({ name: labName('same'), hosts: [] });
    await expect(Lab.up({ name: labName('same'), hosts: [] })).rejects.toThrow('is up already');
    await lab.down();
  });
});

/** The first three parts of a subnet as /proc/net/route has them: little-endian hexadecimal. */
function hexOf(subnet: string): string {
  const parts = subnet.split('.').slice(0, 3).map(Number);
  return parts
    .reverse()
    .map((part) => part.toString(16).toUpperCase().padStart(2, '0'))
    .join('');
}
