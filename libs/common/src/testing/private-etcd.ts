import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, Socket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually';

const START_TIMEOUT_MS = 15_000;

/** A real etcd of one member on loopback, with data of its own, for one test file. */
export class PrivateEtcd {
  private process: ChildProcess | undefined;

  private constructor(
    private readonly dataDir: string,
    private readonly clientPort: number,
    private readonly peerPort: number,
    private readonly flags: readonly string[],
  ) {}

  static async start(flags: readonly string[] = []): Promise<PrivateEtcd> {
    const dataDir = await mkdtemp(join(tmpdir(), 'swarmctl-etcd-'));
    const [clientPort, peerPort] = await freePorts(2);
    const etcd = new PrivateEtcd(dataDir, clientPort as number, peerPort as number, flags);
    await etcd.resume();
    return etcd;
  }

  get url(): string {
    return `http://127.0.0.1:${this.clientPort}`;
  }

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  /** Starts it (again) on the same data and ports; resolves when it takes connections. */
  async resume(): Promise<void> {
    const peer = `http://127.0.0.1:${this.peerPort}`;
    this.process = spawn(
      'etcd',
      [
        '--data-dir',
        this.dataDir,
        '--listen-client-urls',
        this.url,
        '--advertise-client-urls',
        this.url,
        '--listen-peer-urls',
        peer,
        '--initial-advertise-peer-urls',
        peer,
        '--initial-cluster',
        `default=${peer}`,
        '--log-level',
        'error',
        ...this.flags,
      ],
      { stdio: 'ignore' },
    );
    await eventually(() => connects(this.clientPort), { timeoutMs: START_TIMEOUT_MS, reason: 'etcd takes connections' });
  }

  /** SIGSTOP and SIGCONT pause it; SIGKILL ends it, and resolves when it is gone. */
  async signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    if (signal === 'SIGKILL') await gone;
  }

  /** Ends it and starts it again with nothing in it, as after a disk was replaced. */
  async replace(): Promise<void> {
    await this.signal('SIGKILL');
    await rm(join(this.dataDir, 'member'), { recursive: true, force: true });
    await this.resume();
  }

  async stop(): Promise<void> {
    await this.signal('SIGKILL');
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new Socket();
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.connect(port, '127.0.0.1');
  });
}
