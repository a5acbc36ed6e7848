import { once } from 'node:events';
import { chmod, chown, unlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { connect as dial, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { guarded } from '#common/concurrency';
import { DomainError, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { guardedHandlers } from './http/guarded-handlers';
import type { RequestHandlers } from './request-handler';
import { HTTP_STATUS } from './http/http-status';
import { parseListenAddress, type ListenAddress } from './http/listen-address';
import { refuse } from './http/raw-refusal';
import { sendJson } from './http/send';
import { NO_OTHER_CALLERS, TcpCallers, type CallerRules } from './http/tcp-callers';
import { TcpRequest } from './http/tcp-request';
import { whenOver } from './http/when-over';

const SERVER_OPTIONS = {
  // Some clients repeat the whole spec of a service in the URL.
  maxHeaderSize: 1024 * 1024,
  // A client that trickles its request in is cut off; bodies have a time limit where they are read, since an image to build or load may
  // take long.
  headersTimeout: 15_000,
  requestTimeout: 0,
  // Longer than the idle time after which Docker's clients close by themselves, so that no request meets a closing server.
  keepAliveTimeout: 120_000,
};

/** The parser of Node takes what the standard forbids with this option only; it is named so that nobody turns it on in passing. */
const STRICT: ServerOptions = { insecureHTTPParser: false };

/** A client that vanished without a word, or that shut its side down and then went, is noticed within a minute or two. */
const TCP_OPTIONS: ServerOptions = { IncomingMessage: TcpRequest, keepAlive: true, keepAliveInitialDelay: 15_000 };

/** Each takes a descriptor, and one more where it is led on to an engine; of these there are half a million (systemd's LimitNOFILE). */
const MAX_CONNECTIONS = { unix: 8_192, tcp: 4_096 };

/** A request for the connection waits for as long until those before it on the same connection are answered. */
const HANDOVER_TIMEOUT_MS = 15_000;

const IDLE_SWEEP_MS = 50;

/** The owner and the group of the socket may use the API, as with Docker's own. */
const SOCKET_MODE = 0o660;
/** Until it has its group nobody else may. */
const CLOSED_UMASK = 0o177;
const SAME_OWNER = -1;

/** Who may use the API, and how. */
export interface ApiAccess {
  /** Number of the group that unix sockets are made for; undefined for the process's own. */
  readonly socketGroup?: number | undefined;
  /** What requests over TCP may say of where they come from. */
  readonly callers?: CallerRules;
}

/** Serves one set of request handlers on any number of addresses. */
export class HttpServer {
  private readonly servers: Server[] = [];
  /** Connections that no server knows of any more. */
  private readonly handedOver = new Set<Duplex>();

  constructor(
    private readonly handlers: RequestHandlers,
    private readonly logger: Logger,
    private readonly access: ApiAccess = {},
  ) {}

  /**
   * Listens on `unix:///path` and `tcp://host:port` addresses. A socket file that nobody answers on is replaced.
   * @throws DomainError INVALID_ARGUMENT · FAILED_PRECONDITION the address is in use
   */
  async listen(addresses: readonly string[]): Promise<void> {
    const parsed = addresses.map(parseListenAddress);
    for (const [index, address] of parsed.entries()) {
      await this.listenOn(address);
      this.logger.info({ address: addresses[index] }, 'API listening');
      if (address.kind === 'tcp')
        this.logger.warn({ address: addresses[index] }, 'whoever reaches this address controls the cluster');
    }
  }

  /** Takes no new connections, lets running requests end, and cuts off what is left after `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    const cutOff = setTimeout(() => {
      this.servers.forEach((server) => server.closeAllConnections());
      this.handedOver.forEach((socket) => socket.destroy());
    }, deadlineMs);
    await Promise.all(this.servers.map(closeServer));
    clearTimeout(cutOff);
  }

  private serve(server: Server, callers: TcpCallers | undefined): void {
    /** The newest answer on each connection: answers are sent in order, so once it has ended all have. */
    const newest = new WeakMap<Duplex, ServerResponse>();
    const { request, upgrade, connect } = guardedHandlers(
      {
        request: (request, response) => {
          newest.set(request.socket, response);
          const refusal = callers?.refusalOf(request);
          if (!refusal) return this.handlers.request(request, response);
          response.setHeader('Connection', 'close');
          return sendJson(response, HTTP_STATUS[refusal.code], { message: refusal.message });
        },
        upgrade: (request, socket, head) => {
          const refusal = callers?.refusalOf(request);
          return this.handOver(server, { request, socket, head }, { before: newest.get(socket), refusal });
        },
        connect: (_request, socket) =>
          refuse(socket, new DomainError('INVALID_ARGUMENT', 'the method CONNECT is not supported: this is no proxy')),
      },
      this.logger,
    );
    server.on('request', request).on('upgrade', upgrade).on('connect', connect);
  }

  /** Nobody reads the connection meanwhile, and nobody else hears of its errors. */
  private async handOver(
    server: Server,
    { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
    { before, refusal }: { before: ServerResponse | undefined; refusal: DomainError | undefined },
  ): Promise<void> {
    const broken = (): void => void socket.destroy();
    const gone = (): void => void this.handedOver.delete(socket);
    socket.on('error', broken).once('close', gone);
    this.handedOver.add(socket);
    // The time limit for idle connections is not for this one.
    (socket as Socket).setTimeout(0);
    // Answers to requests that came before on the same connection go first.
    if (before && !(await isOver(before))) return void socket.destroy();
    if (socket.destroyed) return;
    if (refusal) return refuse(socket, refusal);
    await this.handlers.upgrade(request, socket, head, (bytes) => {
      socket.off('error', broken).off('close', gone);
      this.handedOver.delete(socket);
      if (bytes.length > 0) socket.unshift(bytes);
      server.emit('connection', socket);
    });
  }

  private async listenOn(address: ListenAddress): Promise<void> {
    if (address.kind === 'unix') await removeStaleSocket(address.path);
    const server = createServer({ ...SERVER_OPTIONS, ...STRICT, ...(address.kind === 'tcp' ? TCP_OPTIONS : {}) });
    server.maxConnections = MAX_CONNECTIONS[address.kind];
    const callers = address.kind === 'tcp' ? new TcpCallers(address, this.access.callers ?? NO_OTHER_CALLERS) : undefined;
    this.serve(server, callers);
    const listening = once(server, 'listening');
    if (address.kind === 'unix') listenClosed(server, address.path);
    else server.listen({ host: address.host, port: address.port });
    try {
      await listening;
    } catch (error) {
      throw new DomainError('FAILED_PRECONDITION', `cannot listen: ${messageOf(error)}`, { cause: error });
    }
    server.on('error', (error) => this.logger.warn({ reason: messageOf(error) }, 'the API does not take connections'));
    this.servers.push(server);
    if (address.kind === 'unix') await this.openToGroup(address.path);
  }

  private async openToGroup(path: string): Promise<void> {
    const { socketGroup } = this.access;
    if (socketGroup !== undefined) {
      try {
        await chown(path, SAME_OWNER, socketGroup);
      } catch (cause) {
        const problem = `--socket-group: ${path} cannot be given to group ${socketGroup}: ${messageOf(cause)}`;
        throw new DomainError('FAILED_PRECONDITION', problem, { cause });
      }
    }
    await chmod(path, SOCKET_MODE);
  }
}

/** The socket's file is made within this turn, so that nobody meets it open. */
function listenClosed(server: Server, path: string): void {
  const before = process.umask(CLOSED_UMASK);
  try {
    server.listen({ path });
  } finally {
    process.umask(before);
  }
}

/** Whether an answer has ended, or does in time. Nobody reads its connection meanwhile, so a client that goes may not be noticed. */
function isOver(answer: ServerResponse): Promise<boolean> {
  const over = whenOver(answer);
  if (over.aborted) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), HANDOVER_TIMEOUT_MS);
    over.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

/** A connection whose last request ends while we wait would be kept for the next one, so idle ones are ended again and again. */
function closeServer(server: Server): Promise<unknown> {
  return new Promise<unknown>((resolve) => {
    const sweep = setInterval(
      guarded(() => server.closeIdleConnections(), resolve),
      IDLE_SWEEP_MS,
    );
    server.close(() => {
      clearInterval(sweep);
      resolve(undefined);
    });
    server.closeIdleConnections();
  });
}

/** A socket file outlives a process that was killed, and would make listening fail. */
async function removeStaleSocket(path: string): Promise<void> {
  const answer = await tryConnect(path);
  if (answer === 'connected') throw new DomainError('FAILED_PRECONDITION', `another process answers on ${path}`);
  if (answer === 'ECONNREFUSED') await unlink(path);
}

async function tryConnect(path: string): Promise<string> {
  const socket = dial(path);
  try {
    await once(socket, 'connect');
    return 'connected';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    socket.destroy();
  }
}
