// The Debian packages that hosts, tests and `npm start` need: which are missing, and installing them.
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { SetupError } from './platform.mjs';
import { announce, runStep } from './run.mjs';

/** Package → the programs it is needed for. A program from elsewhere (docker-ce, say) is as good. */
const REQUIRED_PROGRAMS = {
  'docker.io': ['dockerd'],
  containerd: ['containerd', 'containerd-shim-runc-v2'],
  runc: ['runc'],
  iptables: ['iptables'], // dockerd sets up published ports with it
  'etcd-server': ['etcd'],
  'etcd-client': ['etcdctl'],
  'busybox-static': ['busybox'],
  iproute2: ['ip'],
  nftables: ['nft'],
  'wireguard-go': ['wireguard-go'], // encrypted networks, where the kernel has no WireGuard
  'wireguard-tools': ['wg'],
  tcpdump: ['tcpdump'],
  'docker-registry': ['docker-registry'],
  'util-linux': ['nsenter'],
  mount: ['umount'],
};

/** What the clients are that tests run against a manager; more than a cluster itself needs. An absolute path is a file or folder. */
const REQUIRED_FOR_TESTS = {
  ansible: ['ansible-playbook'],
  faketime: ['faketime'], // clocks that are set under a running program
  prometheus: ['prometheus'],
  'python3-docker': ['/usr/lib/python3/dist-packages/docker'],
  'python3-jsondiff': ['/usr/lib/python3/dist-packages/jsondiff'], // for Ansible's docker_stack
};

// A user's PATH often lacks the folders of system programs, which the lab adds as well.
const PROGRAM_FOLDERS = [
  ...(process.env.PATH ?? '').split(delimiter),
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
  '/usr/bin',
  '/bin',
];

const POLICY_FILE = '/usr/sbin/policy-rc.d';
const POLICY_MARK = '# Put here by swarmctl set-up while packages are installed, and removed afterwards.';
const FORBID_SERVICE_START = `#!/bin/sh\n${POLICY_MARK}\nexit 101\n`;

function findProgram(name) {
  return PROGRAM_FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Whether the 64-bit ELF program at `path` needs no dynamic loader. The test image holds nothing but this one file, so
 * a dynamically linked busybox would not start in it.
 */
function isStaticallyLinked(path) {
  const PT_INTERP = 3;
  const header = Buffer.alloc(4096); // the program headers follow the 64-byte ELF header in every real linker's output
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  const [offset, size, count] = [Number(header.readBigUInt64LE(32)), header.readUInt16LE(54), header.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => header.readUInt32LE(offset + index * size)).every(
    (type) => type !== PT_INTERP,
  );
}

function isPresent(program) {
  if (program.startsWith('/')) return existsSync(program);
  const path = findProgram(program);
  return path !== undefined && (program !== 'busybox' || isStaticallyLinked(path));
}

/**
 * @param {{ forTests?: boolean }} options whether tests are to be run, too
 * @returns {string[]} the Debian packages whose programs this machine lacks
 */
export function missingPackages({ forTests = false } = {}) {
  return Object.entries({ ...REQUIRED_PROGRAMS, ...(forTests ? REQUIRED_FOR_TESTS : {}) })
    .filter(([, programs]) => !programs.every(isPresent))
    .map(([name]) => name);
}

function describeMissing(packages) {
  return packages.map((name) => `  ${name} (${(REQUIRED_PROGRAMS[name] ?? REQUIRED_FOR_TESTS[name]).join(', ')})`).join('\n');
}

function requireInstaller(packages) {
  if (findProgram('apt-get') === undefined) {
    throw new SetupError(
      `these are missing, and there is no apt-get here to install them with:\n${describeMissing(packages)}\n` +
        "Names are Debian's; the programs are in brackets. Install them with this system's own package manager and try again.",
    );
  }
  if (process.getuid() !== 0) {
    throw new SetupError(
      `these packages are missing:\n${describeMissing(packages)}\n` +
        `Run \`sudo apt-get install --no-install-recommends ${packages.join(' ')}\`, or this script as root.`,
    );
  }
}

async function askToInstall(packages) {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(
    `These Debian packages are needed:\n${describeMissing(packages)}\nInstall them now? [Y/n] `,
  );
  terminal.close();
  if (!/^(y(es)?)?$/i.test(answer.trim()))
    throw new SetupError('nothing was installed. Say yes, or install the packages yourself.');
}

/** Runs `work` while package scripts may not start services; a policy that is already on the machine is left as it is. */
function withoutServiceStarts(work) {
  const foreign = existsSync(POLICY_FILE) && !readFileSync(POLICY_FILE, 'utf8').includes(POLICY_MARK);
  if (foreign) return work();
  writeFileSync(POLICY_FILE, FORBID_SERVICE_START, { mode: 0o755 });
  // A Ctrl-C ends apt-get; with a handler this process lives on to take the policy away again.
  const outlive = () => undefined;
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, outlive);
  try {
    return work();
  } finally {
    rmSync(POLICY_FILE, { force: true });
    for (const signal of ['SIGINT', 'SIGTERM']) process.removeListener(signal, outlive);
  }
}

/**
 * Installs Debian packages, without starting the services in them. Does nothing for an empty list.
 * On a terminal it asks first, unless `yes`.
 * @param {string[]} packages names as missingPackages gives them
 * @throws {SetupError} no apt-get, not root, the person said no, or apt-get failed
 */
export async function installPackages(packages, { yes = false, quiet = false } = {}) {
  if (packages.length === 0) return;
  requireInstaller(packages);
  if (process.stdin.isTTY && !yes) await askToInstall(packages);
  announce(quiet, `installing ${packages.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  withoutServiceStarts(() => {
    runStep('apt-get', ['update', '-q'], { quiet, env });
    runStep('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { quiet, env });
  });
  const stillMissing = missingPackages({ forTests: true }).filter((name) => packages.includes(name));
  if (stillMissing.length > 0)
    throw new SetupError(`apt-get succeeded, yet these are still missing:\n${describeMissing(stillMissing)}`);
}
