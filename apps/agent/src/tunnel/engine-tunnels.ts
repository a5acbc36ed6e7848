import { connect } from 'node:net';
import { credentials, Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import { messageOf } from '#common/errors';
import { OWN_CHANNEL_OPTIONS, TunnelConnection } from '#common/grpc';
import type { Logger } from '#common/logging';
import { TunnelClient, type TunnelChunk } from '#common/tunnel-proto';

const ID_HEADER = 'tunnel-id';

/**
 * Connections from managers to this host's engine. They have a channel of their own, so that a long log does not hold up heartbeats.
 */
export class EngineTunnels {
  private client: { readonly address: string; readonly tunnels: TunnelClient } | undefined;

  constructor(
    private readonly dockerSocket: string,
    private readonly logger: Logger,
  ) {}

  /** Connects the manager at `address` (host:port) with the engine, as it asked for under this id. */
  open(address: string, tunnelId: string): void {
    const metadata = new Metadata();
    metadata.set(ID_HEADER, tunnelId);
    const call: ClientDuplexStream<TunnelChunk, TunnelChunk> = this.clientFor(address).connect(metadata);
    const tunnel = new TunnelConnection(call, () => call.cancel());
    const socket = connect({ path: this.dockerSocket, allowHalfOpen: true });
    tunnel.on('error', (error) => {
      this.logger.debug({ tunnelId, reason: messageOf(error) }, 'a tunnel to the engine broke off');
      socket.destroy();
    });
    socket.on('error', (error) => tunnel.destroy(error));
    tunnel.on('close', () => socket.destroy());
    // A manager that has hung up waits for nothing any more, whether or not the engine has read what it sent.
    call.on('end', () => tunnel.destroy());
    call.on('error', () => tunnel.destroy());
    tunnel.pipe(socket);
    socket.pipe(tunnel);
  }

  /** Ends every connection. */
  close(): void {
    this.client?.tunnels.close();
    this.client = undefined;
  }

  private clientFor(address: string): TunnelClient {
    if (this.client?.address === address) return this.client.tunnels;
    // Calls in progress on the old channel go on until they end.
    this.client?.tunnels.close();
    const tunnels = new TunnelClient(address, credentials.createInsecure(), OWN_CHANNEL_OPTIONS);
    this.client = { address, tunnels };
    return tunnels;
  }
}
