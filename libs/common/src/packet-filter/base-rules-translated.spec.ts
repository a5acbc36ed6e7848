import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replacement } from '../nft';
import { baseRules, baseTable, type BaseFacts } from './base-rules';

const PORT = 2379;
const OTHER_PORT = 8379;
const UPLINK = { name: 'up0', index: 100 };
const FACTS: BaseFacts = {
  interfaces: {
    uplinks: [UPLINK],
    addresses: ['127.0.0.1', '10.0.0.1', '192.168.0.1', '172.30.0.1', '172.31.0.1', 'fd31::1', 'fe80::1'],
    uplinkAddresses: ['10.0.0.1'],
  },
  places: [{ addresses: ['127.0.0.1'], port: PORT, isOpenToUsers: false, isGuarded: true }],
  hosts: ['10.0.0.0/24'],
  hostPorts: [],
  ownUsers: [0],
  otherUsers: [],
};

/** A host with a container's network, another one with etcd in it, which is published as Docker does it, and a cable to other hosts. */
const SET_UP = `
mount -t tmpfs none /run/netns
for name in task etcd far; do ip netns add $name; ip -n $name link set lo up; done
ip link set lo up
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
plug() { # <bridge> <network namespace> <octet>
  ip link add $1 type bridge
  ip address add 172.$3.0.1/24 dev $1
  ip address add fd$3::1/64 dev $1 nodad
  ip link set $1 up
  ip link add $1p type veth peer name eth0 netns $2
  ip link set $1p master $1 up
  ip -n $2 address add 172.$3.0.2/24 dev eth0
  ip -n $2 address add fd$3::2/64 dev eth0 nodad
  ip -n $2 link set eth0 up
  ip -n $2 route add default via 172.$3.0.1
  ip -n $2 -6 route add default via fd$3::1
}
plug hand0 task 31
plug hand1 etcd 30
ip link add ${UPLINK.name} index ${UPLINK.index} type veth peer name eth0 netns far
ip address add 10.0.0.1/24 dev ${UPLINK.name}
ip address add 192.168.0.1/24 dev ${UPLINK.name}
ip link set ${UPLINK.name} up
ip -n far address add 10.0.0.7/24 dev eth0
ip -n far address add 192.168.0.7/24 dev eth0
ip -n far link set eth0 up
`;
const PUBLISHED = ['prerouting priority -100', 'output priority -100']
  .map(
    (hook, index) => `chain c${index} { type nat hook ${hook}
  fib daddr type local tcp dport { ${PORT}, ${OTHER_PORT} } dnat ip to 172.30.0.2
  fib daddr type local tcp dport { ${PORT}, ${OTHER_PORT} } dnat ip6 to fd30::2
}`,
  )
  .join('\n');
const SERVER = `for (const port of [${PORT}, ${OTHER_PORT}]) require('net').createServer((s) => s.destroy()).listen(port, '::')`;
/** The kernel sends its resets to a bridge as they are, not translated back: a container's connection may end by time. */
const CLIENT = `const [host, port] = process.argv.slice(-2);
const socket = require('net').connect({ host, port: +port, timeout: 1500 });
const end = (text) => () => { console.log(text); process.exit(); };
socket.on('connect', end('open')).on('error', end('closed')).on('timeout', end('closed'));`;

const TRIES = [
  { who: 'a container', run: 'ip netns exec task', to: '10.0.0.1', port: PORT, says: 'closed' },
  { who: "a container, at its bridge's address", run: 'ip netns exec task', to: '172.31.0.1', port: PORT, says: 'closed' },
  { who: 'a container over IPv6', run: 'ip netns exec task', to: 'fd31::1', port: PORT, says: 'closed' },
  { who: 'a container that wants another port', run: 'ip netns exec task', to: '10.0.0.1', port: OTHER_PORT, says: 'open' },
  {
    who: 'a container that wants another port over IPv6',
    run: 'ip netns exec task',
    to: 'fd31::1',
    port: OTHER_PORT,
    says: 'open',
  },
  { who: 'a listed host', run: 'ip netns exec far', to: '10.0.0.1', port: PORT, says: 'open' },
  { who: 'a host that is not listed', run: 'ip netns exec far', to: '192.168.0.1', port: PORT, says: 'closed' },
  { who: 'root', run: '', to: '10.0.0.1', port: PORT, says: 'open' },
  { who: 'another user', run: 'setpriv --reuid 65534 --clear-groups', to: '10.0.0.1', port: PORT, says: 'closed' },
  {
    who: 'another user who wants another port',
    run: 'setpriv --reuid 65534 --clear-groups',
    to: '10.0.0.1',
    port: OTHER_PORT,
    says: 'open',
  },
];

describe('a part of the control plane that a container of this host has and publishes, in the kernel', () => {
  let folder: string;
  let said: Record<string, string>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'base-rules-'));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text, { mode: 0o644 });
      return join(folder, name);
    };
    const node = process.execPath;
    const clientIn = (run: string, to: string, port: number): string => `${run} ${node} - ${to} ${port} < /run/netns/client.js`;
    const script = [
      SET_UP,
      `nft -f ${file('nat.nft', `table inet lab-nat {\n${PUBLISHED}\n}\n`)}`,
      `nft -f ${file('base.nft', replacement(baseTable('manager'), baseRules(FACTS), undefined))}`,
      `ip netns exec etcd ${node} ${file('server.js', SERVER)} & server=$!`,
      `trap 'kill $server' EXIT`,
      `until ip netns exec etcd ss -tln | grep -q :${OTHER_PORT}; do sleep 0.05; done`,
      `cp ${file('client.js', CLIENT)} /run/netns/client.js`,
      // Neighbours of IPv6 take their time.
      `until ${clientIn('ip netns exec task', 'fd31::1', OTHER_PORT)} | grep -q open; do :; done`,
      ...TRIES.map(({ run, to, port }) => clientIn(run, to, port)),
    ];
    const printed = execFileSync('unshare', ['--net', '--mount', 'sh', '-ec', script.join('\n')], { encoding: 'utf8' });
    const lines = printed.trim().split('\n');
    said = Object.fromEntries(TRIES.map(({ who }, index) => [who, lines[index] ?? '']));
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(TRIES)('is $says to $who', ({ who, says }) => {
    expect(said[who]).toBe(says);
  });
});
