import type { Duplex } from 'node:stream';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { guarded } from '#common/concurrency';
import { DomainError, messageOf, type ErrorCode } from '#common/errors';
import type { ManagerAddress } from './address';
import { plainLines } from './render/plain-text';

// The version that the swarm part of the API is spoken in; every Docker client since 20.10 knows it.
const API_PREFIX = '/v1.41';

// A manager answers from memory; longer than this it is stuck.
const DEFAULT_TIMEOUT_MS = 30_000;

/** One request to the manager. */
export interface ManagerRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Starts with a slash, without the version. */
  readonly path: string;
  /** A list is a parameter that is repeated. */
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds until the whole answer has to be there. */
  readonly timeoutMs?: number;
}

interface Reply {
  readonly status: number;
  readonly text: string;
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  501: 'UNIMPLEMENTED',
};

// Docker's API passes on the errors of its inner services with this in front; it says nothing that the text does not.
const INNER_PREFIX = /^rpc error: code = \w+ desc = /;

// Docker's API has no status of its own for it; every client tells it by this text.
const OUT_OF_SEQUENCE = 'update out of sequence';

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nobody listens there',
  EACCES: 'you may not open it',
  ENOTFOUND: 'the host name is not known',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the host does not answer',
  ECONNRESET: 'the connection was cut',
};

const WHAT_TO_DO = {
  socket: 'Is the manager running on this host? Start it, or name another one with --host tcp://HOST:PORT or SWARMCTL_HOST.',
  permission: 'Run swarmctl as a user who may, such as root.',
  host: 'Is the manager running there, and the address right? Name another one with --host or SWARMCTL_HOST.',
} as const;

function pathWithQuery({ path, query = {} }: ManagerRequest): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  );
  const text = new URLSearchParams(given).toString();
  return `${API_PREFIX}${path}${text === '' ? '' : `?${text}`}`;
}

/** The code of an error of the system, such as ECONNREFUSED. */
function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

async function readReply(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function refusal({ status, text }: Reply): DomainError {
  const body = parseJson(text);
  const told = typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : text.trim();
  const message = plainLines(told).replace(INNER_PREFIX, '') || `the manager answered with status ${status} and no explanation`;
  if (message.includes(OUT_OF_SEQUENCE)) return new DomainError('ABORTED', message);
  return new DomainError(CODES[status] ?? 'FAILED_PRECONDITION', message);
}

/** Speaks HTTP with one manager. Connections are kept open between requests. */
export class ManagerClient {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly address: ManagerAddress) {}

  /**
   * Sends a request and gives the JSON of the answer; undefined when the answer is empty.
   * @throws DomainError UNAVAILABLE no manager reached · NOT_FOUND · ABORTED the object has changed meanwhile · others: refused
   */
  async send(request: ManagerRequest): Promise<unknown> {
    const reply = await this.exchange(request);
    if (reply.status >= 400) throw refusal(reply);
    if (reply.text.trim() === '') return undefined;
    const body = parseJson(reply.text);
    if (body === undefined) throw new DomainError('INTERNAL', `what answers at ${this.address.text} does not speak Docker's API`);
    return body;
  }

  /**
   * Sends a request whose answer is read as it comes; however long that takes.
   * @throws DomainError as send
   */
  async open(request: ManagerRequest, signal?: AbortSignal): Promise<IncomingMessage> {
    const response = await this.begin(request, signal).catch((error: unknown) => {
      throw this.unreachable(error);
    });
    if ((response.statusCode ?? 0) >= 400) throw refusal(await readReply(response));
    return response;
  }

  /**
   * Sends a request that asks for the connection itself. What comes first may have been read already: it is pushed back.
   * @throws DomainError as send
   */
  async takeOver(request: ManagerRequest): Promise<Duplex> {
    const body = JSON.stringify(request.body ?? {});
    const headers = {
      Host: 'manager',
      Connection: 'Upgrade',
      Upgrade: 'tcp',
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
    };
    return new Promise((resolve, reject) => {
      const options = { ...this.address.target, agent: false, method: request.method, path: pathWithQuery(request), headers };
      const outgoing = httpRequest(options, (response) => {
        readReply(response).then((reply) => reject(refusal(reply)), reject);
      });
      const take = guarded((_response: IncomingMessage, socket: Duplex, head: Buffer) => {
        // Who reads it sees that it breaks.
        socket.on('error', () => undefined);
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      }, reject);
      outgoing.on('upgrade', take);
      outgoing.on('error', (error) => reject(this.unreachable(error)));
      outgoing.end(body);
    });
  }

  /** Closes the connections. */
  close(): void {
    this.agent.destroy();
  }

  private async exchange(request: ManagerRequest): Promise<Reply> {
    const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const late = AbortSignal.timeout(timeoutMs);
    try {
      return await this.roundTrip(request, late);
    } catch (error) {
      throw late.aborted ? this.silent(timeoutMs) : this.unreachable(error);
    }
  }

  private async roundTrip(request: ManagerRequest, signal: AbortSignal): Promise<Reply> {
    return readReply(await this.begin(request, signal));
  }

  /** Sends a request and resolves when the answer begins. */
  private begin(request: ManagerRequest, signal?: AbortSignal): Promise<IncomingMessage> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers = {
      Host: 'manager',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...request.headers,
    };
    const { target } = this.address;
    const options = { ...target, agent: this.agent, method: request.method, path: pathWithQuery(request), headers, signal };
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(options, resolve);
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  private unreachable(error: unknown): DomainError {
    const code = codeOf(error);
    const isSocket = 'socketPath' in this.address.target;
    const todo = code === 'EACCES' ? WHAT_TO_DO.permission : isSocket ? WHAT_TO_DO.socket : WHAT_TO_DO.host;
    return this.notAnswered(WHY[code] ?? messageOf(error), todo, error);
  }

  private silent(timeoutMs: number): DomainError {
    return this.notAnswered(`no answer within ${timeoutMs / 1000} s`, WHAT_TO_DO.host);
  }

  private notAnswered(why: string, todo: string, cause?: unknown): DomainError {
    const { text, chosenBy } = this.address;
    return new DomainError('UNAVAILABLE', `cannot reach the manager at ${text}: ${why}\n(address: ${chosenBy})\n${todo}`, {
      cause,
    });
  }
}
