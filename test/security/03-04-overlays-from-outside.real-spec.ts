import { join } from 'node:path';
import { eventually } from '#common/testing';
import type { LabHost } from '../lab/lab-host';
import { SwarmUnderTest, type TaskJson } from '../e2e/swarm-under-test';
import { webService } from '../e2e/web-service';

const FRAME = join(__dirname, 'tcp-frame.py');
const LOOPBACK_PORT = 7_777;
const PUBLISHED = 8_080;
const STAND_IN = `require('net').createServer((s) => s.destroy()).listen(${LOOPBACK_PORT}, '127.0.0.1')`;

let swarm: SwarmUnderTest;
let n1: LabHost;
let c1: LabHost;
let task: TaskJson;
beforeAll(async () => {
  swarm = await SwarmUnderTest.up('from-outside', ['n1'], { clients: ['c1'] });
  [n1, c1] = ['n1', 'c1'].map((name) => swarm.lab.host(name)) as [LabHost, LabHost];
  await swarm.createNetwork('back');
  await swarm.create(webService({ name: 'web', networks: ['back'] }));
  await swarm.create(webService({ name: 'open', publish: PUBLISHED }));
  [task] = (await swarm.untilRunning('web', 1, 60_000)) as [TaskJson];
  await swarm.untilRunning('open', 1, 60_000);
}, 120_000);
afterAll(() => swarm?.down());

const addressOf = ({ NetworksAttachments }: TaskJson): string =>
  NetworksAttachments?.[0]?.Addresses[0]?.replace(/\/.*/, '') ?? '';

describe("promise 3: loopback addresses are the host's own", () => {
  /** What comes of a TCP SYN for 127.0.0.1 in a frame to the gateway, sent by root in the container. */
  async function frameFromTask(): Promise<string> {
    const { id } = await swarm.containerOf(task);
    const { State } = await n1.docker.json<{ State: { Pid: number } }>({ path: `/containers/${id}/json` });
    const own = addressOf(task);
    const inside = `nsenter --net=/proc/${State.Pid}/ns/net`;
    const { stdout } = await n1.exec('sh', [
      '-c',
      `gateway=$(ip -json link show | python3 -c 'import json,sys;print(*[l["address"] for l in json.load(sys.stdin) if l["ifname"] == sys.argv[1]])' "$1")
       device=$(${inside} ip -o address show to ${own} | cut -d' ' -f2)
       exec ${inside} python3 ${FRAME} "$device" ${own} "$gateway" ${LOOPBACK_PORT}`,
      'sh',
      await bridgeOf(own),
    ]);
    return stdout.trim();
  }
  async function bridgeOf(address: string): Promise<string> {
    const { stdout } = await n1.exec('ip', ['-json', 'route', 'get', address]);
    return (JSON.parse(stdout) as { dev: string }[])[0]?.dev ?? '';
  }

  it('so a frame from a container to 127.0.0.1 is not answered', async () => {
    n1.spawn({ part: 'stand-in', command: process.execPath, args: ['-e', STAND_IN] });
    await eventually(async () => expect((await n1.exec('ss', ['-tln'])).stdout).toContain(`:${LOOPBACK_PORT} `), {
      reason: 'it listens',
    });
    expect(await frameFromTask()).toBe('nothing');
  }, 30_000);

  it('which is due to the base rules, and to those of overlays where there are none; and they come back', async () => {
    const programs = ['agent', 'manager'] as const;
    for (const program of programs) await swarm.cluster.kill(program, 'n1', 'SIGSTOP');
    const answers: string[] = [];
    try {
      // What a graceful stop takes along; the parameter of the kernel stays with the bridges, and so do these rules.
      for (const program of programs) await n1.exec('nft', ['delete', 'table', 'inet', `swarmctl-base-${program}`]);
      answers.push(await frameFromTask());
      await n1.exec('nft', ['delete', 'table', 'inet', 'swarmctl']);
      answers.push(await frameFromTask());
    } finally {
      for (const program of programs) await swarm.cluster.kill(program, 'n1', 'SIGCONT');
    }
    expect(answers).toEqual(['nothing', 'answered']);
    await eventually(async () => expect(await frameFromTask()).toBe('nothing'), {
      reason: 'the rules are there again',
      timeoutMs: 15_000,
    });
    await eventually(async () => expect((await n1.exec('nft', ['list', 'tables'])).stdout).toContain('table inet swarmctl\n'), {
      reason: 'the rules of overlays are there again',
      timeoutMs: 15_000,
    });
  }, 45_000);
});

describe("promise 4: overlay addresses are answered on their network, and the host's owner decides who reaches published ports", () => {
  const fetches = async (url: string): Promise<boolean> =>
    c1.exec('timeout', ['2', 'busybox', 'wget', '-q', '-O', '-', url]).then(
      () => true,
      () => false,
    );
  const published = (): Promise<boolean> => fetches(`http://${n1.address}:${PUBLISHED}/`);
  const iptables = (...args: string[]): Promise<unknown> => n1.exec('iptables', ['-w', ...args]);

  it('not from another host with a route to them, even where the host forwards everything', async () => {
    await iptables('-P', 'FORWARD', 'ACCEPT');
    await iptables('-I', 'FORWARD', '-j', 'ACCEPT');
    const virtual = (await swarm.service('web')).Endpoint?.VirtualIPs?.[0]?.Addr.replace(/\/.*/, '') ?? '';
    for (const address of [addressOf(task), virtual]) {
      await c1.exec('ip', ['route', 'replace', `${address}/32`, 'via', n1.address]);
      expect({ address, isReached: await fetches(`http://${address}/`) }).toEqual({ address, isReached: false });
    }
    expect(await published()).toBe(true);
    await iptables('-D', 'FORWARD', '-j', 'ACCEPT');
  }, 30_000);

  it.each([
    { how: 'inserted', rule: ['-I', 'DOCKER-USER', '-i', 'eth0', '-j', 'DROP'] },
    { how: 'at the end, without a RETURN after it', rule: ['-A', 'DOCKER-USER', '-i', 'eth0', '-j', 'DROP'] },
  ])(
    "the owner's DROP, $how, wins over a published port",
    async ({ rule }) => {
      await iptables('-D', 'DOCKER-USER', '-j', 'RETURN').catch(() => undefined);
      expect(await published()).toBe(true);
      await iptables(...rule);
      expect(await published()).toBe(false);
      await iptables('-D', 'DOCKER-USER', ...rule.slice(2));
      await iptables('-A', 'DOCKER-USER', '-j', 'RETURN');
      expect(await published()).toBe(true);
    },
    30_000,
  );

  it('also after the engine was started anew, and one whom the owner lets pass reaches it', async () => {
    await iptables('-I', 'DOCKER-USER', '-s', c1.address, '-j', 'RETURN');
    await n1.killEngine();
    await n1.startEngine();
    await eventually(
      async () =>
        expect((await n1.exec('iptables', ['-w', '-S', 'FORWARD'])).stdout).toMatch(
          /-j DOCKER-USER\n-A FORWARD -j SWARMCTL-FORWARD\n/,
        ),
      {
        reason: 'the order is as it was',
        timeoutMs: 15_000,
      },
    );
    await eventually(published, { reason: 'the port is open again' });
    await iptables('-I', 'DOCKER-USER', '-s', c1.address, '-j', 'DROP');
    expect(await published()).toBe(false);
  }, 60_000);
});
