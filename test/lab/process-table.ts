import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identify, isRunning, sendSignal, waitUntilEnded, type ProcessIdentity } from './process-identity';
import { commandEnvironment } from './run-command';

/** The environment variable by which everything a lab started is found again, whoever its parent is by then. */
export const LAB_MARKER = 'SWARMCTL_LAB';

/** A process to start and keep track of. */
export interface ProcessSpec {
  /** Unique within the lab, as `n1.dockerd`; a later process of the same name takes the record over. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Path of the network namespace to run in; unless told, the machine's own. */
  readonly netns?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Takes stdout and stderr, appended. */
  readonly logFile: string;
}

interface ProcessRecord {
  readonly identity: ProcessIdentity;
  readonly commandLine: string;
  readonly logFile: string;
}

const LOG_TAIL_LINES = 15;
const DEFAULT_GRACE_MS = 10_000;
// SIGKILL needs no cooperation; only the kernel's own work (unmounting, closing files) lies behind this.
const KILL_TIMEOUT_MS = 10_000;

/** A process that a lab started, in this program's life or an earlier one's. */
export class LabProcess {
  constructor(
    readonly name: string,
    private readonly record: ProcessRecord,
  ) {}

  get pid(): number {
    return this.record.identity.pid;
  }

  get logFile(): string {
    return this.record.logFile;
  }

  isRunning(): boolean {
    return isRunning(this.record.identity);
  }

  /** Sends a signal; `false` when the process has ended already. */
  signal(signal: NodeJS.Signals): boolean {
    return sendSignal(this.record.identity, signal);
  }

  /** SIGKILL, and waits until it is gone. Repeatable. */
  async kill(): Promise<void> {
    // A stopped (SIGSTOP) process is killed as well as a running one.
    this.signal('SIGKILL');
    await this.ended(KILL_TIMEOUT_MS);
  }

  /** SIGTERM, and SIGKILL when that has not ended it after `graceMs` (10 s unless told). Repeatable. */
  async stop(graceMs: number = DEFAULT_GRACE_MS): Promise<void> {
    this.signal('SIGTERM');
    await this.ended(graceMs).catch(() => this.kill());
  }

  /** Resolves when the process is gone. @throws Error after `timeoutMs` */
  async ended(timeoutMs: number): Promise<void> {
    await waitUntilEnded([this.record.identity], timeoutMs);
  }

  /** The last lines of its log, for error messages. */
  logTail(): string {
    return tailOf(this.logFile);
  }
}

/** The last lines of a log file; a note instead when it cannot be read. */
export function tailOf(logFile: string): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
  } catch (error) {
    return `(no log: ${(error as Error).message})`;
  }
}

/** The processes of one lab, recorded on disk so that another program can find and end them after a crash. */
export class ProcessTable {
  /** @param directory where the records are kept  @param marker value of LAB_MARKER in everything started here */
  constructor(
    private readonly directory: string,
    private readonly marker: string,
  ) {}

  /**
   * Starts a process in the background, in a session of its own: it outlives this program and gets no Ctrl-C.
   * @throws Error when the program cannot be executed
   */
  spawn(spec: ProcessSpec): LabProcess {
    const [command, args] = inNamespace(spec);
    for (const folder of [this.directory, dirname(spec.logFile)]) mkdirSync(folder, { recursive: true });
    const log = openSync(spec.logFile, 'a');
    const child = spawn(command, args, { env: this.environment(spec.env), stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    child.once('error', () => undefined); // reported below, where the caller can be told
    child.unref();
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    if (identity === undefined) throw new Error(`${spec.name}: ${command} could not be started. Log: ${tailOf(spec.logFile)}`);
    const record = { identity, commandLine: [spec.command, ...spec.args].join(' '), logFile: spec.logFile };
    this.save(spec.name, record);
    return new LabProcess(spec.name, record);
  }

  /** The environment of everything in this table, by which it is found again. */
  environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
    return commandEnvironment({ ...extra, [LAB_MARKER]: this.marker });
  }

  /** The process last started under this name, running or not. */
  find(name: string): LabProcess | undefined {
    const record = this.load(`${name}.json`);
    return record && new LabProcess(name, record);
  }

  /** The process of this name, if it runs. */
  running(name: string): LabProcess | undefined {
    const found = this.find(name);
    return found?.isRunning() ? found : undefined;
  }

  /** All processes ever started under a name, in order of their names. */
  list(): LabProcess[] {
    const files = this.files().filter((file) => file.endsWith('.json'));
    return files.sort().flatMap((file) => this.find(file.slice(0, -'.json'.length)) ?? []);
  }

  private files(): string[] {
    return existsSync(this.directory) ? readdirSync(this.directory) : [];
  }

  private load(file: string): ProcessRecord | undefined {
    try {
      return JSON.parse(readFileSync(join(this.directory, file), 'utf8')) as ProcessRecord;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** By renaming, so that a reader in another program never sees half a record. */
  private save(name: string, record: ProcessRecord): void {
    const file = join(this.directory, `${name}.json`);
    writeFileSync(`${file}.new`, JSON.stringify(record));
    renameSync(`${file}.new`, file);
  }
}

/** The command and arguments that run it in its namespace. `nsenter --net` and not `ip netns exec`: that mounts /sys anew, which hides the cgroups from dockerd. */
export function inNamespace({
  command,
  args,
  netns,
}: Pick<ProcessSpec, 'command' | 'args' | 'netns'>): [string, readonly string[]] {
  return netns === undefined ? [command, args] : ['nsenter', [`--net=${netns}`, '--', command, ...args]];
}
