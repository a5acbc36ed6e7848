import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** What may happen to one request. `hang` only where the agent's deadline is short enough for a test. */
const FAULTS = ['fail', 'conflict', 'fail afterwards', 'reset', 'truncate', 'twice', 'hang', 'delay'] as const;
type Fault = (typeof FAULTS)[number];

const DELAY_MS = 1_500;

/** A proxy in front of a real engine that breaks its word now and then, in the order that a seed gives. */
export class HostileEngine {
  /** Faults so far, by name. */
  readonly counts = new Map<string, number>();
  private readonly server: Server;
  private hostile = true;

  constructor(
    private readonly engineSocket: string,
    private readonly random: () => number,
    private readonly faultRate: number,
  ) {
    this.server = createServer((incoming, response) => this.serve(incoming, response));
  }

  listen(socketPath: string): Promise<void> {
    return new Promise((resolve) => this.server.listen(socketPath, resolve));
  }

  /** From now on it only passes on. */
  behave(): void {
    this.hostile = false;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private serve(incoming: IncomingMessage, response: ServerResponse): void {
    const fault = this.pickFault(incoming);
    if (fault) this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => this.answer(incoming, Buffer.concat(chunks), response, fault));
  }

  private pickFault({ method, url = '' }: IncomingMessage): Fault | 'lose events' | undefined {
    if (!this.hostile) return undefined;
    if (url.includes('/events')) return 'lose events';
    if (this.random() >= this.faultRate) return undefined;
    const fault = FAULTS[Math.floor(this.random() * FAULTS.length)];
    return fault === 'hang' && (method !== 'GET' || !url.includes('_ping')) ? 'delay' : fault;
  }

  private answer(
    incoming: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    fault: Fault | 'lose events' | undefined,
  ): void {
    const forward = () => this.forward(incoming, body);
    const refuse = (status: number): void =>
      void response.writeHead(status, { 'Content-Type': 'application/json' }).end('{"message":"so says the test"}');
    switch (fault) {
      case undefined:
        return this.pass(forward(), response);
      case 'fail':
        return refuse(500);
      case 'conflict':
        return refuse(409);
      case 'fail afterwards':
        return void forward().on('response', (answer) => answer.resume().on('end', () => refuse(500)));
      case 'twice':
        return void forward().on('response', (answer) => answer.resume().on('end', () => this.pass(forward(), response)));
      case 'reset':
      case 'truncate':
        return this.halve(forward(), response, fault);
      case 'hang':
        return;
      case 'delay':
        return void setTimeout(() => this.pass(forward(), response), DELAY_MS);
      case 'lose events':
        return this.loseEvents(forward(), response);
    }
  }

  private forward({ method, url, headers }: IncomingMessage, body: Buffer): ReturnType<typeof request> {
    const outgoing = request({ socketPath: this.engineSocket, method, path: url, headers });
    outgoing.on('error', () => undefined);
    outgoing.end(body);
    return outgoing;
  }

  private pass(outgoing: ReturnType<typeof request>, response: ServerResponse): void {
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    });
    response.on('close', () => outgoing.destroy());
  }

  /** Only the first half arrives, with an end that is abrupt or looks proper. */
  private halve(outgoing: ReturnType<typeof request>, response: ServerResponse, fault: 'reset' | 'truncate'): void {
    outgoing.on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const body = Buffer.concat(chunks);
        const half = body.subarray(0, body.length / 2);
        const length = fault === 'reset' ? body.length : half.length;
        response.writeHead(answer.statusCode ?? 500, { 'Content-Type': 'application/json', 'Content-Length': length });
        response.write(half, () => (fault === 'reset' ? response.destroy() : response.end()));
      });
    });
  }

  private loseEvents(outgoing: ReturnType<typeof request>, response: ServerResponse): void {
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      response.flushHeaders();
      answer.on('data', (chunk: Buffer) => {
        if (!this.hostile || this.random() >= this.faultRate) response.write(chunk);
        else if (this.random() < this.faultRate) response.destroy();
      });
      answer.on('end', () => response.end());
    });
    response.on('close', () => outgoing.destroy());
  }
}
