import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import {
  containerdConfig,
  dockerdConfig,
  dockerdEnvironment,
  engineFiles,
  type EngineOptions,
  type EngineSettings,
} from './engine-config';
import { eventually } from '#common/testing';
import type { LabProcess, ProcessTable } from './process-table';
import { UnixHttp } from './unix-http';

/** Where an engine runs and how its processes are kept. */
export interface EngineHome {
  /** The host's name; its processes are `<host>.dockerd` and `<host>.containerd`. */
  readonly host: string;
  /** Path of the network namespace; unless told, the machine's own network. */
  readonly netns?: string;
  readonly logsDir: string;
  readonly processes: ProcessTable;
}

type Daemon = 'dockerd' | 'containerd';

// About 3 s on an idle machine; the rest is for a loaded one.
const START_TIMEOUT_MS = 60_000;
const PING_TIMEOUT_MS = 1_000;

/** One host's real dockerd with a containerd of its own, so that dockerd can be killed and started without harm. */
export class Engine {
  readonly api: UnixHttp;
  private readonly files: ReturnType<typeof engineFiles>;
  private extra: EngineOptions = {};

  constructor(
    private readonly settings: EngineSettings,
    private readonly home: EngineHome,
  ) {
    this.files = engineFiles(settings);
    this.api = new UnixHttp(this.files.dockerSocket);
  }

  /**
   * Starts what does not run of containerd and dockerd, and waits until the engine answers. Repeatable.
   * @throws Error when one of them ends or does not answer within a minute, with its log's last lines
   */
  async start(signal?: AbortSignal): Promise<void> {
    await mkdir(this.settings.runDir, { recursive: true });
    await mkdir(this.settings.dataDir, { recursive: true });
    await this.ready(
      this.running('containerd') ?? (await this.startContainerd()),
      () => canConnect(this.files.containerdSocket),
      signal,
    );
    await this.ready(this.running('dockerd') ?? (await this.startDockerd()), () => answers(this.api), signal);
  }

  /** From its next start on dockerd has these settings too, in place of those given before. */
  configure(extra: EngineOptions): void {
    this.extra = extra;
  }

  /** Sends dockerd a signal, SIGKILL unless told; after SIGKILL waits until it is gone. Containers run on. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const dockerd = this.running('dockerd');
    if (signal === 'SIGKILL') await dockerd?.kill();
    else dockerd?.signal(signal);
  }

  /** Ends dockerd, then containerd, in good order. Containers run on. Repeatable. */
  async stop(): Promise<void> {
    await this.running('dockerd')?.stop();
    await this.running('containerd')?.stop();
  }

  private running(daemon: Daemon): LabProcess | undefined {
    return this.home.processes.running(`${this.home.host}.${daemon}`);
  }

  private async startContainerd(): Promise<LabProcess> {
    await writeFile(this.files.containerdConfig, containerdConfig(this.settings));
    return this.spawn('containerd', ['--config', this.files.containerdConfig]);
  }

  private async startDockerd(): Promise<LabProcess> {
    await writeFile(this.files.dockerConfig, dockerdConfig(this.settings, this.extra));
    // After a SIGKILL the file names a process id that may be anybody's by now, and dockerd would refuse to start.
    await rm(this.files.dockerPidFile, { force: true });
    return this.spawn('dockerd', ['--config-file', this.files.dockerConfig], dockerdEnvironment(this.settings));
  }

  private spawn(daemon: Daemon, args: readonly string[], env?: Readonly<Record<string, string>>): LabProcess {
    const { host, netns, logsDir, processes } = this.home;
    return processes.spawn({
      name: `${host}.${daemon}`,
      command: daemon,
      args,
      env,
      netns,
      logFile: `${logsDir}/${host}.${daemon}.log`,
    });
  }

  private async ready(daemon: LabProcess, check: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
    await untilReady(daemon, check, { timeoutMs: START_TIMEOUT_MS, signal });
  }
}

/**
 * Waits until a process that was just started does its work.
 * @throws Error as soon as it ends, or after `timeoutMs`; either way with the last lines of its log
 */
export async function untilReady(
  process: LabProcess,
  check: () => Promise<boolean>,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<void> {
  const look = async () => ((await check().catch(() => false)) ? 'ready' : process.isRunning() ? false : 'ended');
  const reason = `${process.name} answers`;
  const outcome = await eventually(look, { timeoutMs, reason, signal }).catch((error: Error) => {
    signal?.throwIfAborted();
    throw new Error(`${error.message}. The end of ${process.logFile}:\n${process.logTail()}`, { cause: error });
  });
  if (outcome === 'ended')
    throw new Error(`${process.name} ended while starting. The end of ${process.logFile}:\n${process.logTail()}`);
}

/** Whether an engine serves requests. */
export async function answers(engine: UnixHttp): Promise<boolean> {
  return (await engine.send({ path: '/_ping', timeoutMs: PING_TIMEOUT_MS })).status === 200;
}

function canConnect(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const finish = (connected: boolean) => {
      socket.destroy();
      resolve(connected);
    };
    socket.once('connect', () => finish(true)).once('error', () => finish(false));
  });
}
