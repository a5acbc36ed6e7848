import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What one connection to the engine was sent. */
export interface EngineRequest {
  readonly line: string;
  readonly headers: readonly string[];
  /** All bytes after the head. */
  readonly rest: string;
}

const NOT_HERE = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';

/** An engine that keeps every byte it is sent, and answers as it is told: hijacks are echoed, all else gets its name. */
export class FakeEngine {
  private readonly received: Buffer[][] = [];
  private readonly sockets = new Set<Socket>();
  /** Given in place of the usual answer. */
  answer: ((line: string) => string | undefined) | undefined;

  private constructor(
    readonly name: string,
    private readonly path: string,
    private readonly server: Server,
    private readonly lacked: string,
  ) {}

  /** @param lacked id of a container that another engine has: whoever looks for it here is told so */
  static async start(name: string, path: string, lacked = ''): Promise<FakeEngine> {
    const server = createServer({ allowHalfOpen: true });
    const engine = new FakeEngine(name, path, server, lacked);
    server.on('connection', (socket) => engine.serve(socket));
    await once(server.listen(path), 'listening');
    return engine;
  }

  /** As Engines.connect. */
  async connect(): Promise<Duplex> {
    const socket = connect({ path: this.path, allowHalfOpen: true });
    await once(socket, 'connect');
    return socket;
  }

  /** One for each connection that has sent something, but for looks for what is not here. */
  get requests(): EngineRequest[] {
    return this.received.map((chunks) => read(Buffer.concat(chunks).toString('latin1'))).filter(({ line }) => !this.isLook(line));
  }

  get openConnections(): number {
    return this.sockets.size;
  }

  forget(): void {
    this.received.length = 0;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private isLook(line: string): boolean {
    const [, name] = /^GET \/containers\/([^/]+)\/json HTTP\/1\.1$/.exec(line) ?? [];
    return name !== undefined && this.lacked.startsWith(name);
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => socket.destroy());
    const chunks: Buffer[] = [];
    let isEcho = false;
    socket.on('end', () => socket.end());
    socket.on('data', (chunk) => {
      if (chunks.length === 0) this.received.push(chunks);
      chunks.push(chunk);
      if (isEcho) return void socket.write(chunk);
      const { line, headers, rest } = read(Buffer.concat(chunks).toString('latin1'));
      if (line === '' || !isWhole(headers, rest)) return;
      const special = this.isLook(line) ? NOT_HERE : this.answer?.(line);
      isEcho = special === undefined && headers.some((header) => /^upgrade:/i.test(header));
      if (isEcho) return void socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      const text = JSON.stringify({ engine: this.name });
      socket.write(
        special ?? `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
      );
    });
  }
}

function read(text: string): EngineRequest {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return { line: '', headers: [], rest: text };
  const [line = '', ...headers] = text.slice(0, end).split('\r\n');
  return { line, headers, rest: text.slice(end + 4) };
}

function isWhole(headers: readonly string[], rest: string): boolean {
  if (headers.some((header) => /^transfer-encoding:/i.test(header))) return rest.endsWith('0\r\n\r\n');
  const length = headers.map((header) => /^content-length:\s*(\d+)$/i.exec(header)?.[1]).find((digits) => digits !== undefined);
  return rest.length >= Number(length ?? 0);
}
