import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { Lab } from './lab';
import type { LabHost } from './lab-host';
import type { CutDirection } from './network';

const HELP = `Real Docker hosts on this machine, each in a network namespace of its own. Needs root.

Usage: npm run lab -- COMMAND [--lab NAME]

  up N [--registry]               make a lab of hosts n1 … nN; it stays until "down"
  status                          labs, their hosts and processes
  exec HOST COMMAND [ARG…]        run a command on a host; "docker" there means the host's own
  cut HOST [incoming|outgoing]    cut a host from the network, wholly or in one direction
  heal HOST                       undo every cut of a host
  kill HOST PART [SIGNAL]         signal a process: engine, agent, manager, etcd, … (SIGKILL unless told)
  start HOST engine               start a host's engine again
  down                            end and remove a lab
  cleanup [--all]                 remove labs whose program has crashed; with --all every lab

  --lab NAME   which lab; "up" makes one named "lab" unless told, the others take the only one there is
  --help       this text
`;

/** What "up" makes when it is not told a name. */
const DEFAULT_LAB = 'lab';

interface Options {
  readonly lab?: string;
  readonly registry: boolean;
  readonly all: boolean;
}

type Command = (args: readonly string[], options: Options) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = { up, status, exec, cut, heal, kill, start, down, cleanup };

/**
 * Carries out one command of `npm run lab`.
 * @returns the exit code  @throws Error saying what failed, or which words were expected
 */
export async function runLabCommand(argv: readonly string[]): Promise<number> {
  const { own, foreign } = splitForeign(argv);
  const { values, positionals } = parseArgs({
    args: own,
    allowPositionals: true,
    options: {
      lab: { type: 'string' },
      registry: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [name, ...args] = positionals;
  if (values.help || name === undefined || name === 'help') return say(HELP);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new Error(`unknown command "${name}"\n\n${HELP}`);
  return command([...args, ...foreign], values);
}

/** What follows `exec HOST` is another program's command line, whose options are not ours to read. */
function splitForeign(argv: readonly string[]): { own: string[]; foreign: string[] } {
  if (argv[0] !== 'exec') return { own: [...argv], foreign: [] };
  const end = argv[1] === '--lab' ? 4 : 2;
  return { own: argv.slice(0, end), foreign: argv.slice(end) };
}

async function up([count]: readonly string[], { lab = DEFAULT_LAB, registry }: Options): Promise<number> {
  const total = Number(count);
  if (!Number.isInteger(total) || total < 1) throw new Error('say how many hosts: npm run lab -- up 3');
  const hosts = Array.from({ length: total }, (_, index) => `n${index + 1}`);
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted; the lab is removed again')));
  const made = await Lab.up({ name: lab, hosts, registry, signal: interrupted.signal });
  made.detach();
  return status([], { lab, registry, all: false });
}

async function status(_: readonly string[], { lab }: Options): Promise<number> {
  const names = lab === undefined ? Lab.names() : [lab];
  return say(names.length === 0 ? 'no lab is up\n' : names.map((name) => describe(Lab.open(name))).join('\n'));
}

function describe(lab: Lab): string {
  const running = lab.listProcesses().filter((process) => process.isRunning());
  const partsOf = (host: LabHost) =>
    running.filter(({ name }) => name.startsWith(`${host.name}.`)).map((process) => partAndPid(host, process));
  const rows = lab.hosts.map(
    (host) => `  ${host.name.padEnd(10)}${host.address.padEnd(16)}${partsOf(host).join(' ') || 'nothing runs'}\n`,
  );
  return `lab ${lab.name}: ${lab.subnet}, data in ${lab.root}, sockets in ${lab.runDir}\n${rows.join('')}`;
}

function partAndPid(host: LabHost, { name, pid }: { name: string; pid: number }): string {
  return `${name.slice(host.name.length + 1)}(${pid})`;
}

async function exec([host, command, ...args]: readonly string[], options: Options): Promise<number> {
  if (command === undefined) throw new Error('say where and what: npm run lab -- exec n1 ip address');
  return findHost(host, options).execInteractively(command, args);
}

async function cut([host, direction = 'both']: readonly string[], options: Options): Promise<number> {
  if (!isCutDirection(direction)) throw new Error(`"${direction}" is no direction: say incoming, outgoing, or nothing for both`);
  await findHost(host, options).cut(direction);
  return 0;
}

function isCutDirection(word: string): word is CutDirection {
  return word === 'both' || word === 'incoming' || word === 'outgoing';
}

async function heal([host]: readonly string[], options: Options): Promise<number> {
  await findHost(host, options).heal();
  return 0;
}

async function kill([name, part, signal = 'SIGKILL']: readonly string[], options: Options): Promise<number> {
  const host = findHost(name, options);
  if (part === undefined) throw new Error('say which process: npm run lab -- kill n1 engine');
  if (!isSignal(signal)) throw new Error(`"${signal}" is no signal: say SIGTERM, SIGSTOP or the like`);
  const process = host.process(part === 'engine' ? 'dockerd' : part);
  if (!process?.signal(signal)) throw new Error(`no ${part} runs on ${host.name}; \`npm run lab -- status\` shows what does`);
  return 0;
}

function isSignal(word: string): word is NodeJS.Signals {
  return Object.hasOwn(constants.signals, word);
}

async function start([host, part]: readonly string[], options: Options): Promise<number> {
  if (part !== 'engine') throw new Error('only an engine can be started here: npm run lab -- start n1 engine');
  await findHost(host, options).startEngine();
  return 0;
}

async function down(_: readonly string[], options: Options): Promise<number> {
  await findLab(options).down();
  return 0;
}

async function cleanup(_: readonly string[], options: Options): Promise<number> {
  const removed = await removeAsAsked(options);
  return say(removed.length === 0 ? 'nothing to remove\n' : `removed: ${removed.join(', ')}\n`);
}

async function removeAsAsked({ lab, all }: Options): Promise<string[]> {
  if (lab === undefined && !all) return Lab.cleanupAbandoned();
  const names = lab === undefined ? Lab.names() : [lab];
  for (const name of names) await Lab.cleanup(name);
  return names;
}

function findHost(name: string | undefined, options: Options): LabHost {
  if (name === undefined) throw new Error('say which host, as n1');
  return findLab(options).host(name);
}

function findLab({ lab }: Options): Lab {
  const names = Lab.names();
  const [only, ...others] = names;
  if (lab !== undefined) return Lab.open(lab);
  if (only === undefined) throw new Error('no lab is up; make one: npm run lab -- up 3');
  if (others.length > 0) throw new Error(`several labs are up, say which: --lab ${names.join(' or --lab ')}`);
  return Lab.open(only);
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}
