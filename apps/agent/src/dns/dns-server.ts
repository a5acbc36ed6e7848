import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { decode, encode, type Packet } from 'dns-packet';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { NO_NETWORKS, type NetworkState } from '../network/network-state';
import { answerFrom, failure } from './answer';
import { NameTable } from './name-table';
import { firstMessage, withLength } from './tcp-framing';
import { askUpstream, upstreamServers } from './upstream';

/** More than a container ever asks at once; the rest gets no answer and asks again. */
const MAX_FORWARDED = 512;
/** Larger answers are cut, and asked for again by TCP (RFC 1035, 4.2.1). */
const MAX_UDP_BYTES = 512;
const TRUNCATED = 1 << 9;
const IDLE_MS = 10_000;

/** Answers containers' questions about names from the agent's own copy, and asks the host's servers about the rest. */
export class DnsServer {
  private readonly udp: UdpSocket = createSocket('udp4');
  private readonly tcp: Server = createServer((socket) => this.serve(socket));
  private names = new NameTable(NO_NETWORKS, Math.random);
  private known: NetworkState | undefined;
  private forwarded = 0;

  /** @param state the newest, asked for at each question */
  constructor(
    private readonly state: () => NetworkState,
    private readonly logger: Logger,
  ) {}

  /** @throws an error of listening when the port is taken */
  async listen(port: number, address = '0.0.0.0'): Promise<void> {
    this.udp.on('message', (message, from) => void this.answerDatagram(message, from));
    await new Promise<void>((resolve, reject) => {
      this.udp.once('error', reject).bind(port, address, resolve);
    });
    await new Promise<void>((resolve, reject) => {
      this.tcp.once('error', reject).listen(port, address, resolve);
    });
    for (const socket of [this.udp, this.tcp]) {
      socket.removeAllListeners('error');
      socket.on('error', (error) => this.logger.warn({ reason: messageOf(error) }, 'the name server has trouble'));
    }
  }

  close(): void {
    this.udp.close();
    this.tcp.close();
  }

  private async answerDatagram(message: Buffer, from: RemoteInfo): Promise<void> {
    const answer = await this.answer(message, from.address, 'udp');
    if (answer) this.udp.send(answer, from.port, from.address, () => undefined);
  }

  private serve(socket: Socket): void {
    let pending: Buffer = Buffer.alloc(0);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (let first = firstMessage(pending); first; first = firstMessage(pending)) {
        void this.answerOn(socket, first.message);
        pending = first.rest;
      }
    });
  }

  private async answerOn(socket: Socket, message: Buffer): Promise<void> {
    const answer = await this.answer(message, (socket.remoteAddress ?? '').replace(/^::ffff:/, ''), 'tcp');
    if (answer && socket.writable) socket.write(withLength(answer));
  }

  /** Undefined for what is no question, and when there is too much to do. */
  private async answer(message: Buffer, asker: string, transport: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    let query: Packet;
    try {
      query = decode(message);
    } catch {
      return undefined;
    }
    if (query.type !== 'query') return undefined;
    try {
      const names = this.table();
      const own = answerFrom(names, query, asker);
      return own ? fitting(own, transport) : await this.forward(message, transport, names.nameserversOf(asker));
    } catch (error) {
      this.logger.debug({ reason: messageOf(error), name: query.questions?.[0]?.name }, 'a name could not be looked up');
      return encode(failure(query));
    }
  }

  private async forward(
    message: Buffer,
    transport: 'udp' | 'tcp',
    servers: readonly string[] | undefined,
  ): Promise<Buffer | undefined> {
    if (this.forwarded >= MAX_FORWARDED) return undefined;
    this.forwarded++;
    try {
      return await askUpstream(servers ?? (await upstreamServers()), message, transport);
    } finally {
      this.forwarded--;
    }
  }

  private table(): NameTable {
    const state = this.state();
    if (state !== this.known) this.names = new NameTable(state, Math.random);
    this.known = state;
    return this.names;
  }
}

function fitting(packet: Packet, transport: 'udp' | 'tcp'): Buffer {
  const whole = encode(packet);
  if (transport === 'tcp' || whole.length <= MAX_UDP_BYTES) return whole;
  return encode({ ...packet, flags: (packet.flags ?? 0) | TRUNCATED, answers: [] });
}
