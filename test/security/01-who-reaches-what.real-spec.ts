import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { LabCluster } from '../lab/cluster';
import { USUAL_PORTS } from '../lab/cluster-layout';
import { Lab } from '../lab/lab';
import type { LabHost } from '../lab/lab-host';
import { DOCKER_CLIS, SwarmUnderTest } from '../e2e/swarm-under-test';
import { containerShell, hostShell, reached, type Port, type Shell } from './reach';

const API = 2375;
const METRICS = 9105;
const PORTS: readonly Port[] = [
  { name: 'manager API (TCP)', port: API },
  { name: 'dispatcher, admission', port: USUAL_PORTS.agents },
  { name: 'etcd clients', port: USUAL_PORTS.etcdClients },
  { name: 'etcd peers', port: USUAL_PORTS.etcdPeers },
  { name: "agent's DNS", port: 4753 },
  { name: "agent's metrics", port: METRICS },
];
const TABLE = /<!-- who-reaches-what -->\n([^]*?)<!-- \/who-reaches-what -->/;
const DOCS = join(__dirname, '../../docs/security.md');
/** Accepts connections and says nothing: for a port that no program of the lab's cluster listens on. */
const STAND_IN = "const [, host, port] = process.argv; require('net').createServer((s) => s.destroy()).listen(+port, host)";
/** Before connection tracking, so that a forwarded packet of IPv6 has the host's address as IPv4's have. */
const MASQUERADE_IPV6 =
  'table ip6 lab-nat {\nchain post {\ntype nat hook postrouting priority 100; oifname { "eth0", "br0" } masquerade\n}\n}\n';

const UPLINK_BRIDGE = 'br0';
const FRAME = join(__dirname, 'tcp-frame.py');
/** An address of a listed network that no host has: what is sent to it stays unanswered. */
const NOBODYS_OCTET = 200;

function bridgeCommands(own: string): string[] {
  return [
    `link add ${UPLINK_BRIDGE} type bridge`,
    `address del ${own} dev eth0`,
    `link set eth0 master ${UPLINK_BRIDGE}`,
    `link set ${UPLINK_BRIDGE} up`,
    `address add ${own} dev ${UPLINK_BRIDGE}`,
  ];
}

describe('promise 1: the control plane is reached by nobody but hosts of the cluster', () => {
  let lab: Lab;
  let swarm: SwarmUnderTest;
  let n1: LabHost;
  let n2: LabHost;
  let c1: LabHost;
  const address = (host: LabHost, kind: 'listed' | 'foreign', family: 4 | 6): string => {
    const octet = host.address.split('.').at(-1) ?? '';
    if (family === 6) return `${kind === 'listed' ? 'fd77' : '2001:db8'}:${lab.slot}::${octet}`;
    return kind === 'listed' ? host.address : `192.168.${lab.slot}.${octet}`;
  };
  const docker = async (host: LabHost, ...args: string[]): Promise<string> => (await host.exec('docker', args)).stdout.trim();
  const runOn = (host: LabHost, ...args: string[]): Promise<string> =>
    docker(host, 'run', '-d', ...args, 'busybox:latest', 'sleep', '1000000');

  beforeAll(async () => {
    lab = await Lab.up({ name: 'who-reaches', hosts: ['n1', 'n2'], clients: ['c1'] });
    [n1, n2, c1] = ['n1', 'n2', 'c1'].map((name) => lab.host(name)) as [LabHost, LabHost, LabHost];
    for (const host of [n1, n2, c1]) {
      const device = host === n2 ? UPLINK_BRIDGE : 'eth0';
      const commands = [
        // As hypervisors have it: the host's address is that of a bridge.
        ...(host === n2 ? bridgeCommands(`${host.address}/24`) : []),
        `address add ${address(host, 'foreign', 4)}/24 dev ${device}`,
        ...(['listed', 'foreign'] as const).map((kind) => `address add ${address(host, kind, 6)}/64 dev ${device} nodad`),
      ];
      await host.exec('ip', ['-batch', '-'], { input: commands.join('\n') });
    }
    for (const host of [n1, n2]) {
      await host.exec('nft', ['-f', '-'], { input: MASQUERADE_IPV6 });
      await host.exec('sysctl', ['-qw', 'net.ipv6.conf.all.forwarding=1']);
      const bridge = ['-o', 'com.docker.network.bridge.name=secbr0', '--ipv6', '--subnet', `fd99:${host.name.slice(1)}::/64`];
      await docker(host, 'network', 'create', ...bridge, 'own');
    }
    const cluster = await LabCluster.create(lab, {
      extraArgs: {
        manager: [
          ...['--agent-listen', `[::]:${USUAL_PORTS.agents}`, '--listen', `tcp://[::]:${API}`],
          // Containers' networks are inside of these.
          ...['10.0.0.0/8', '172.16.0.0/12', 'fd00::/8'].flatMap((network) => ['--agent-network', network]),
        ],
        agent: ['--status-listen', `[::]:${METRICS}`],
      },
    });
    swarm = SwarmUnderTest.around(lab, cluster);
  }, 120_000);
  afterAll(() => lab?.down());

  it('while no manager has answered yet, and no overlay is in use', async () => {
    const standIn = n1.spawn({
      part: 'stand-in',
      command: process.execPath,
      args: ['-e', STAND_IN, n1.address, String(USUAL_PORTS.agents)],
    });
    const shell = containerShell(n2, await runOn(n2));
    const isReached = async (): Promise<boolean> => (await reached(shell, [n1.address], [PORTS[1] as Port]))[0] ?? false;
    await eventually(isReached, { reason: 'the port is open while no agent runs' });
    swarm.cluster.start('agent', 'n2');
    await eventually(async () => !(await isReached()), { reason: 'its agent closes it' });
    await standIn.kill();
  }, 60_000);

  it('is what the documentation says, for everybody and over IPv4 and IPv6', async () => {
    for (const { part, host } of swarm.cluster.parts()) swarm.cluster.start(part, host);
    await swarm.cluster.ready();
    // etcd of the lab listens on IPv4 only.
    for (const port of [USUAL_PORTS.etcdClients, USUAL_PORTS.etcdPeers])
      n1.spawn({
        part: `stand-in-${port}`,
        command: process.execPath,
        args: ['-e', STAND_IN, address(n1, 'listed', 6), String(port)],
      });
    const rows = await everybody();
    const printed = await print(rows);
    process.stdout.write(`\n${printed}`);
    expect(printed).toBe(TABLE.exec(readFileSync(DOCS, 'utf8'))?.[1]?.trim().concat('\n'));
  }, 120_000);

  it.each([
    { from: 'n1', state: 'local' },
    { from: 'n2', state: 'forwarded' },
  ])(
    'also not with the address of a listed host, sent from a container on $from ($state)',
    async ({ from }) => {
      const host = lab.host(from);
      const id = await runOn(host, '--network', 'own');
      const { State, NetworkSettings } = await host.docker.json<{
        State: { Pid: number };
        NetworkSettings: { Networks: { own: { Gateway: string } } };
      }>({ path: `/containers/${id}/json` });
      const { Gateway } = NetworkSettings.Networks.own;
      const inside = ['nsenter', `--net=/proc/${State.Pid}/ns/net`];
      await host.exec(inside[0] ?? '', [...inside.slice(1), 'busybox', 'ping', '-c', '1', Gateway]);
      const { stdout } = await host.exec(inside[0] ?? '', [...inside.slice(1), 'ip', '-json', 'neigh', 'show', Gateway]);
      const [{ lladdr } = { lladdr: '' }] = JSON.parse(stdout) as { lladdr: string }[];
      const spoofed = n1.address.replace(/\d+$/, String(NOBODYS_OCTET));
      const frame = ['python3', FRAME, 'eth0', spoofed, lladdr, String(USUAL_PORTS.agents), n1.address];
      await host.exec(inside[0] ?? '', [...inside.slice(1), ...frame]);
      expect((await n1.exec('ss', ['-tan', 'state', 'syn-recv'])).stdout).not.toContain(spoofed);
    },
    30_000,
  );

  it('again as soon as the agent has seen that somebody removed its rules', async () => {
    const shell = containerShell(n2, await runOn(n2, '--network', 'own'));
    const isReached = async (): Promise<boolean> => (await reached(shell, [n1.address], [PORTS[1] as Port]))[0] ?? false;
    expect(await isReached()).toBe(false);
    await n2.exec('nft', ['delete', 'table', 'inet', 'swarmctl-base-agent']);
    await eventually(async () => !(await isReached()), { reason: 'it is closed again', timeoutMs: 15_000 });
  }, 60_000);

  it('after the agent was killed, until one ends in good order', async () => {
    const tables = async (): Promise<string> => (await n2.exec('nft', ['list', 'tables'])).stdout;
    await swarm.cluster.kill('agent', 'n2');
    expect(await tables()).toContain('swarmctl-base-agent');
    swarm.cluster.start('agent', 'n2');
    await eventually(async () => expect((await n2.exec('ss', ['-tln'])).stdout).toContain(`:${METRICS} `), {
      reason: 'the agent is up',
    });
    await swarm.cluster.stop('agent', 'n2');
    expect(await tables()).not.toContain('swarmctl-base');
  }, 60_000);

  interface Row {
    readonly who: string;
    readonly where: string;
    readonly shell: Shell;
    readonly targets: readonly string[];
  }

  /** n1 has all the ports: those who try are on n1 itself, on the other node, or on a host that is no node. */
  async function everybody(): Promise<Row[]> {
    const lan = await swarm.createNetwork('lan', { Attachable: true, EnableIPv6: true });
    await swarm.createSleepers('task', 2, { Networks: [{ Target: lan }], Placement: { MaxReplicas: 1 } });
    const tasks = await swarm.untilRunning('task', 2, 60_000);
    const all = (kind: 'listed' | 'foreign'): string[] => [address(n1, kind, 4), address(n1, kind, 6)];
    const rows: Row[] = [];
    for (const host of [n1, n2]) {
      const where = host === n1 ? 'on this host' : 'on another node';
      const targets = [...all('listed'), ...(host === n1 ? ['172.17.11.1'] : [])];
      const containers: [who: string, id: string][] = [
        ['container on docker0', await runOn(host)],
        ['container on a bridge of any name (secbr0)', await runOn(host, '--network', 'own')],
        ['container with `--network host`, user nobody', await runOn(host, '--network', 'host', '--user', 'nobody')],
      ];
      for (const task of tasks) {
        const place = await swarm.containerOf(task);
        if (place.host.name === host.name) containers.push(['task on an overlay', place.id]);
      }
      if (host === n1) {
        const run = await swarm.docker(
          DOCKER_CLIS[0] ?? 'docker',
          'run',
          '-d',
          '--network',
          'lan',
          'busybox:latest',
          'sleep',
          '1000000',
        );
        containers.push(['`docker run` on an attachable overlay', run.stdout.trim()]);
      }
      for (const [who, id] of containers) rows.push({ who, where, shell: containerShell(host, id), targets });
      for (const user of ['nobody', 'root'] as const)
        rows.push({
          who: `process of the host, user ${user}`,
          where,
          shell: hostShell(host, user),
          targets: [...targets, ...(host === n1 ? ['127.0.0.1', '::1'] : [])],
        });
    }
    rows.push({ who: 'host in an `--agent-network`', where: 'no node', shell: hostShell(c1, 'root'), targets: all('listed') });
    rows.push({ who: 'host in no `--agent-network`', where: 'no node', shell: hostShell(c1, 'root'), targets: all('foreign') });
    return rows;
  }

  async function print(rows: readonly Row[]): Promise<string> {
    const lines = [`| Who | where | ${PORTS.map(({ name }) => name).join(' | ')} |`, `|${'---|'.repeat(PORTS.length + 2)}`];
    for (const { who, where, shell, targets } of rows) {
      const [ipv4, ipv6] = [targets.filter((each) => !each.includes(':')), targets.filter((each) => each.includes(':'))];
      const [by4, by6] = [await reached(shell, ipv4, PORTS), await reached(shell, ipv6, PORTS)];
      const cells = PORTS.map((_, index) => cell(by4[index] ?? false, by6[index] ?? false));
      lines.push(`| ${who} | ${where} | ${cells.join(' | ')} |`);
    }
    return `${lines.join('\n')}\n`;
  }

  function cell(by4: boolean, by6: boolean): string {
    if (by4 === by6) return by4 ? 'yes' : 'no';
    return by4 ? 'IPv4' : 'IPv6';
  }
});
