import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { guarded } from '#common/concurrency';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { NO_NETWORKS, type NetworkState } from '../network/network-state';
import { recordsFor } from './answer';
import { FairShares } from './fair-shares';
import { NameTable } from './name-table';
import { MAX_QUERY_BYTES, readQuery, type Query } from './query';
import { encodeReply, RCODE, type Reply, type Transport } from './reply';
import { messagesOf, withLength } from './tcp-framing';
import { askUpstream, upstreamServers } from './upstream';

/** Questions under way to other servers, each with a socket. Every container may ask for a few names at once, whatever others do. */
const FORWARDS = { own: 8, shared: 512, most: 64 };
/** Connections of askers. */
const CONNECTIONS = { own: 4, shared: 128, most: 16 };
/** A connection on which nothing moves is closed: no question comes, or no answer is taken. */
const IDLE_MS = 10_000;
const IN = 1;

export interface DnsServerParts {
  /** Whose containers are answered. */
  readonly nodeId: string;
  /** The newest, asked for at each question. */
  readonly state: () => NetworkState;
  readonly port: number;
  readonly address?: string;
  /** Asks other servers. */
  readonly ask?: typeof askUpstream;
  readonly idleMs?: number;
  readonly logger: Logger;
}

interface Sockets {
  readonly udp: UdpSocket;
  readonly tcp: Server;
  readonly connections: Set<Socket>;
}

/**
 * Answers this host's containers' questions about names from the agent's own copy, and asks other servers about the rest. Nobody else
 * is answered: who asks is known by the address, which the host's packet filter keeps others from taking. Without overlay networks
 * there is nobody to answer, and no port is open.
 */
export class DnsServer {
  private sockets: Sockets | undefined;
  private problem = '';
  private names = new NameTable(NO_NETWORKS);
  private known: NetworkState | undefined;
  private readonly forwards = new FairShares(FORWARDS);
  private readonly places = new FairShares(CONNECTIONS);

  constructor(private readonly parts: DnsServerParts) {}

  /**
   * Listens while this host has overlay networks. Best effort: tasks run without service discovery.
   * @returns false when the port is taken; to be tried again
   */
  async follow({ networks }: Pick<NetworkState, 'networks'>): Promise<boolean> {
    if (networks.size === 0) this.close();
    else if (!this.sockets) return this.tryToListen();
    return true;
  }

  close(): void {
    this.sockets?.udp.close();
    this.sockets?.tcp.close();
    this.sockets?.connections.forEach((socket) => socket.destroy());
    this.sockets = undefined;
  }

  private async tryToListen(): Promise<boolean> {
    const { port, logger } = this.parts;
    try {
      await this.listen();
      this.problem = '';
      return true;
    } catch (error) {
      const problem = messageOf(error);
      if (problem !== this.problem) {
        logger.error({ reason: problem, port }, 'names on overlay networks are not served: the port is taken, will retry');
      }
      this.problem = problem;
      return false;
    }
  }

  /** @throws an error of listening when the port is taken */
  private async listen(): Promise<void> {
    const { port, address = '0.0.0.0', logger } = this.parts;
    const sockets = { udp: createSocket('udp4'), tcp: createServer({ allowHalfOpen: true }), connections: new Set<Socket>() };
    const { udp, tcp, connections } = sockets;
    const report = (error: Error): void => logger.warn({ reason: error.message }, 'the name server has trouble');
    udp.on(
      'message',
      guarded((message: Buffer, from: RemoteInfo) => this.answerDatagram(udp, message, from), report),
    );
    tcp.on(
      'connection',
      guarded(
        (socket: Socket) => this.serve(socket, connections),
        (error, socket) => {
          report(error);
          socket.destroy();
        },
      ),
    );
    try {
      udp.bind(port, address);
      await once(udp, 'listening');
      tcp.listen(port, address);
      await once(tcp, 'listening');
    } catch (error) {
      udp.close();
      tcp.close();
      throw error;
    }
    for (const socket of [udp, tcp]) socket.on('error', report);
    this.sockets = sockets;
  }

  private async answerDatagram(socket: UdpSocket, message: Buffer, { address, port }: RemoteInfo): Promise<void> {
    const answer = this.isServed(address) ? await this.answer(message, address, 'udp') : undefined;
    if (answer) socket.send(answer, port, address, () => undefined);
  }

  /** One question after the other: the next one is read once the asker has taken the answer. */
  private async serve(socket: Socket, connections: Set<Socket>): Promise<void> {
    const { remoteAddress: asker = '' } = socket;
    if (!this.isServed(asker) || !this.places.take(asker)) return void socket.destroy();
    connections.add(socket);
    socket.setTimeout(this.parts.idleMs ?? IDLE_MS, () => socket.destroy());
    try {
      await pipeline(socket, (chunks: AsyncIterable<Buffer>) => this.answersOn(chunks, asker), socket);
    } catch (error) {
      this.parts.logger.debug({ reason: messageOf(error), asker }, 'a connection to the name server broke');
    } finally {
      socket.destroy();
      connections.delete(socket);
      this.places.giveBack(asker);
    }
  }

  private async *answersOn(chunks: AsyncIterable<Buffer>, asker: string): AsyncIterable<Buffer> {
    for await (const message of messagesOf(chunks, MAX_QUERY_BYTES)) {
      const answer = await this.answer(message, asker, 'tcp');
      if (answer) yield withLength(answer);
    }
  }

  private isServed(asker: string): boolean {
    return this.table().isOn(this.parts.nodeId, asker);
  }

  /** Undefined for what is no question. */
  private async answer(message: Buffer, asker: string, transport: Transport): Promise<Buffer | undefined> {
    const query = readQuery(message);
    if (!query) return undefined;
    try {
      const reply = this.ownReply(query, asker);
      return reply ? encodeReply(query, reply, transport) : await this.forward(message, asker, transport);
    } catch (error) {
      this.parts.logger.debug({ reason: messageOf(error), name: query.question?.name }, 'a name could not be looked up');
      return encodeReply(query, { rcode: RCODE.serverFailure }, transport);
    }
  }

  /** Undefined when another server is to be asked. */
  private ownReply(query: Query, asker: string): Reply | undefined {
    const { opcode, question } = query;
    if (opcode !== 0) return { rcode: RCODE.notImplemented };
    if (!question) return { rcode: RCODE.formatError };
    if (question.class !== IN) return { rcode: RCODE.refused };
    const records = recordsFor(this.table(), question, asker, Math.random);
    return records && { rcode: RCODE.ok, records };
  }

  /** @throws DomainError as askUpstream; Error when the asker has as many questions under way as it may */
  private async forward(message: Buffer, asker: string, transport: Transport): Promise<Buffer> {
    if (!this.forwards.take(asker)) throw new Error(`${asker} has too many questions under way`);
    try {
      const { ask = askUpstream } = this.parts;
      return await ask(this.table().nameserversOf(asker) ?? (await upstreamServers()), message, transport);
    } finally {
      this.forwards.giveBack(asker);
    }
  }

  private table(): NameTable {
    const state = this.parts.state();
    if (state !== this.known) this.names = new NameTable(state);
    this.known = state;
    return this.names;
  }
}
