import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Engine } from './engine';
import type { EngineOptions } from './engine-config';
import type { HostPlan } from './lab-plan';
import type { CutDirection, LabNetwork } from './network';
import { inNamespace, type LabProcess, type ProcessTable } from './process-table';
import { runCommand, type CommandOptions, type CommandOutput } from './run-command';
import { UnixHttp } from './unix-http';

/** A process to run on a host. */
export interface HostProcessSpec {
  /** What it is on this host, as `agent`; at most one process of each part runs at a time. */
  readonly part: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a host is made of. */
export interface HostParts {
  readonly processes: ProcessTable;
  readonly logsDir: string;
  /** Absent when the host is the machine itself. */
  readonly network?: LabNetwork;
  /** Absent when the host has no engine, or one that the lab does not run. */
  readonly engine?: Engine;
}

const HTTP_TIMEOUT_MS = 5_000;

/** One host: an address, a Docker engine, and processes that see the network as this host does. Files are the machine's. */
export class LabHost {
  readonly name: string;
  readonly address: string;
  /** Where whatever runs on the host keeps its data; removed with the lab. */
  readonly dataDir: string;
  /** Path of its network namespace; `undefined` when the host is the machine itself. */
  readonly netns: string | undefined;

  constructor(
    private readonly plan: HostPlan,
    private readonly parts: HostParts,
  ) {
    this.name = plan.name;
    this.address = plan.address;
    this.dataDir = plan.dataDir;
    this.netns = parts.network?.netns(plan.name);
  }

  /** Path of the unix socket of its Docker engine. @throws Error when the host has none */
  get dockerSocket(): string {
    if (this.plan.dockerSocket === undefined) throw new Error(`host ${this.name} has no Docker engine`);
    return this.plan.dockerSocket;
  }

  /** The Engine API of the host's Docker. */
  get docker(): UnixHttp {
    return new UnixHttp(this.dockerSocket);
  }

  /** Whether it has an engine at all: those that have none are there to call the others. */
  get hasDocker(): boolean {
    return this.plan.dockerSocket !== undefined;
  }

  /** Whether the lab runs an engine for it. */
  get hasOwnEngine(): boolean {
    return this.parts.engine !== undefined;
  }

  /** Starts a process on the host, in the background; it ends with the lab at the latest. */
  spawn({ part, command, args, env }: HostProcessSpec): LabProcess {
    const name = `${this.name}.${part}`;
    return this.parts.processes.spawn({
      name,
      command,
      args,
      env,
      netns: this.netns,
      logFile: `${this.parts.logsDir}/${name}.log`,
    });
  }

  /** The process that was last started as this part (`dockerd` and `containerd` included), running or not. */
  process(part: string): LabProcess | undefined {
    return this.parts.processes.find(`${this.name}.${part}`);
  }

  /** Runs a command on the host to completion; `docker` there means the host's own. @throws CommandError unless it ends with 0 in time */
  exec(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandOutput> {
    const [program, programArgs] = inNamespace({ command, args, netns: this.netns });
    return runCommand(program, programArgs, { env: this.environment(), ...options });
  }

  /** Runs a command on the host with this program's terminal. @returns its exit code, 128 + signal number when a signal ended it */
  execInteractively(command: string, args: readonly string[]): Promise<number> {
    const [program, programArgs] = inNamespace({ command, args, netns: this.netns });
    const env = { ...this.environment(), TERM: process.env.TERM };
    const child = spawn(program, programArgs, { env, stdio: 'inherit' });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  }

  /** What an HTTP server answers to a GET that is sent from this host. @throws CommandError unless it answers 200 within 5 s */
  async httpGet(url: string): Promise<string> {
    return (await this.exec('busybox', ['wget', '-q', '-O', '-', url], { timeoutMs: HTTP_TIMEOUT_MS })).stdout;
  }

  /** Cuts the host from the network: wholly (its link goes down), or silently in one direction. */
  async cut(direction: CutDirection = 'both'): Promise<void> {
    await this.ownNetwork().cut(this.name, direction);
  }

  /** Undoes every cut. Repeatable. */
  async heal(): Promise<void> {
    await this.ownNetwork().heal(this.name);
  }

  /** Starts the engine where it was killed or stopped, and waits until it answers. Repeatable. */
  startEngine(signal?: AbortSignal): Promise<void> {
    return this.ownEngine().start(signal);
  }

  /** From its engine's next start on, dockerd has these settings of a daemon.json too, in place of those given before. */
  configureEngine(extra: EngineOptions): void {
    this.ownEngine().configure(extra);
  }

  /** Sends dockerd a signal, SIGKILL unless told. Containers run on. */
  killEngine(signal?: NodeJS.Signals): Promise<void> {
    return this.ownEngine().kill(signal);
  }

  /** Ends dockerd and containerd in good order. Containers run on. */
  stopEngine(): Promise<void> {
    return this.ownEngine().stop();
  }

  private environment(): NodeJS.ProcessEnv {
    const { dockerSocket } = this.plan;
    return this.parts.processes.environment(dockerSocket === undefined ? {} : { DOCKER_HOST: `unix://${dockerSocket}` });
  }

  private ownEngine(): Engine {
    if (this.parts.engine === undefined) throw new Error(`host ${this.name} has no engine that this lab runs`);
    return this.parts.engine;
  }

  private ownNetwork(): LabNetwork {
    if (this.parts.network === undefined) throw new Error(`host ${this.name} is this machine itself; its network cannot be cut`);
    return this.parts.network;
  }
}
