import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One way through the proxy. */
export type ProxyDirection = 'toServer' | 'toClient';

/** Where connections are passed on to: an address or a unix socket. */
export type ProxyTarget = { readonly host: string; readonly port: number } | { readonly path: string };

/** What a direction does with bytes: pass them on, later by `delayMs`, or keep them back. */
interface DirectionState {
  delayMs: number;
  held: boolean;
}

interface Chunk {
  readonly bytes: Buffer;
  readonly arrivedAt: number;
}

/** More than this in one direction's line and the sender is made to wait, as a full network buffer would. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

/**
 * A TCP proxy on loopback that can be made a bad network. Held bytes are kept and delivered on heal, as TCP does after
 * packet loss; only `cut` ends connections.
 */
export class TcpProxy {
  private readonly directions: Record<ProxyDirection, DirectionState> = {
    toServer: { delayMs: 0, held: false },
    toClient: { delayMs: 0, held: false },
  };
  private readonly links = new Set<Link>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly target: ProxyTarget,
  ) {
    server.on('connection', (client) => this.accept(client));
  }

  /** Starts a proxy on a free loopback port. */
  static async listen(target: ProxyTarget): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return new TcpProxy(server, target);
  }

  /** The port to connect to, on 127.0.0.1. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** How many connections are open now. */
  get connections(): number {
    return this.links.size;
  }

  /** Resets every connection, and every new one until `heal`. */
  cut(): void {
    this.isCut = true;
    for (const link of this.links) link.reset();
  }

  /** Silently keeps back all that goes in this direction until `heal`; connections stay open. */
  drop(direction: ProxyDirection): void {
    this.change(direction, { held: true });
  }

  /** Delivers all that goes in this direction later by `delayMs`; 0 for no delay. */
  delay(direction: ProxyDirection, delayMs: number): void {
    this.change(direction, { delayMs });
  }

  /** Undoes cut, drop and delay; what was kept back is delivered. */
  heal(): void {
    this.isCut = false;
    this.change('toServer', { held: false, delayMs: 0 });
    this.change('toClient', { held: false, delayMs: 0 });
  }

  /** Ends every connection and stops listening. */
  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private change(direction: ProxyDirection, state: Partial<DirectionState>): void {
    Object.assign(this.directions[direction], state);
    for (const link of this.links) link.wake(direction);
  }

  private accept(client: Socket): void {
    if (this.isCut) {
      client.resetAndDestroy();
      return;
    }
    const link = new Link(client, connect({ ...this.target, allowHalfOpen: true }), this.directions);
    this.links.add(link);
    link.onEnd(() => this.links.delete(link));
  }
}

/** A client's connection and the one made for it. */
class Link {
  private readonly pipes: Record<ProxyDirection, Pipe>;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    directions: Record<ProxyDirection, DirectionState>,
  ) {
    this.pipes = {
      toServer: new Pipe(client, server, directions.toServer),
      toClient: new Pipe(server, client, directions.toClient),
    };
    // An error on one side (the target refuses, say) is passed on as a reset of the other.
    for (const socket of [client, server]) socket.on('error', () => this.reset());
  }

  wake(direction: ProxyDirection): void {
    this.pipes[direction].pump();
  }

  reset(): void {
    for (const pipe of Object.values(this.pipes)) pipe.discard();
    for (const socket of [this.client, this.server]) socket.resetAndDestroy();
  }

  onEnd(listener: () => void): void {
    let open = 2;
    for (const socket of [this.client, this.server]) {
      socket.once('close', () => {
        open -= 1;
        if (open === 0) listener();
      });
    }
  }
}

/** One direction of one connection: a line of chunks between two sockets. */
class Pipe {
  private line: Chunk[] = [];
  private queuedBytes = 0;
  private sourceEnded = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly source: Socket,
    private readonly sink: Socket,
    private readonly state: DirectionState,
  ) {
    source.on('data', (bytes) => this.take(bytes));
    source.once('end', () => {
      this.sourceEnded = true;
      this.pump();
    });
    sink.on('drain', () => this.pump());
  }

  /** Passes on whatever is due and fits. */
  pump(): void {
    clearTimeout(this.timer);
    if (this.state.held || this.sink.destroyed) return;
    for (let next = this.line[0]; next !== undefined && !this.sink.writableNeedDrain; next = this.line[0]) {
      const waitMs = next.arrivedAt + this.state.delayMs - performance.now();
      if (waitMs > 0) {
        this.timer = setTimeout(() => this.pump(), waitMs);
        return;
      }
      this.line.shift();
      this.queuedBytes -= next.bytes.length;
      this.sink.write(next.bytes);
    }
    if (this.queuedBytes < MAX_QUEUED_BYTES) this.source.resume();
    if (this.sourceEnded && this.line.length === 0) this.sink.end();
  }

  /** Forgets what is in the line; the connection is being reset. */
  discard(): void {
    clearTimeout(this.timer);
    this.line = [];
  }

  private take(bytes: Buffer): void {
    this.line.push({ bytes, arrivedAt: performance.now() });
    this.queuedBytes += bytes.length;
    if (this.queuedBytes >= MAX_QUEUED_BYTES) this.source.pause();
    this.pump();
  }
}
