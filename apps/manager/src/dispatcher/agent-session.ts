import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Logger } from '#common/logging';
import type { AgentMessage, Hello, ManagerMessage, Removed, Welcome } from '#common/dispatcher-proto';
import { messageOf } from '#common/errors';
import { grpcFailure } from '#common/grpc';
import type { NodeDescription, SealedValue } from '#common/proto';
import { isForAgent } from './assignment-diff';
import { AssignmentStream, type MessageSink } from './assignment-stream';
import type { NetworkDirectory } from './network-directory';
import { NetworkStream } from './network-stream';
import type { Arrival } from './node-record';
import type { NodeLiveness } from './node-liveness';
import type { NodeRecorder } from './node-recorder';
import { readDescription, readEngineError } from './read-agent-message';
import type { StatusInbox } from './status-inbox';
import { payloadsFor } from './task-payloads';
import { keys, type ClusterStore, type Vault } from '#common/store';
import { guarded, monotonicMs } from '#common/concurrency';

export type AgentStream = ServerDuplexStream<AgentMessage, ManagerMessage>;

export interface SessionParts {
  store: ClusterStore;
  liveness: NodeLiveness;
  recorder: NodeRecorder;
  inbox: StatusInbox;
  directory: NetworkDirectory;
  /** @throws DomainError FAILED_PRECONDITION the description names a key that is another node's */
  requireKeys: (description: NodeDescription) => void;
  vault: Vault;
  logger: Logger;
}

/** Errors that an agent is told the kind of; anything else is not its fault, and UNAVAILABLE: try again, maybe elsewhere. */
export const TOLD_TO_AGENTS = ['INVALID_ARGUMENT', 'PERMISSION_DENIED', 'DEADLINE_EXCEEDED', 'FAILED_PRECONDITION'] as const;

/** One agent's stream after its hello was accepted. */
export class AgentSession {
  readonly nodeId: string;
  /** Of which the agent was told that it is part; '' before that. */
  clusterId = '';
  private readonly assignments: AssignmentStream;
  private readonly networks: NetworkStream;
  private recording = false;
  private ended = false;

  constructor(
    private readonly stream: AgentStream,
    private hello: Hello,
    private readonly arrival: Arrival,
    private readonly parts: SessionParts,
  ) {
    this.nodeId = hello.nodeId;
    const sink: MessageSink = {
      write: (message) => stream.write(message),
      onDrain: (callback) =>
        void stream.once(
          'drain',
          guarded(callback, (error) => this.cannotTell(error)),
        ),
      failed: (error) => this.cannotTell(error),
    };
    this.networks = new NetworkStream(sink, () => parts.directory.pictureFor(this.nodeId));
    this.assignments = new AssignmentStream(sink, {
      tasks: () => parts.store.view.tasksOfNode(this.nodeId).filter(isForAgent),
      credentials: (serviceId) => parts.store.view.registryCredentials(serviceId)?.current,
      open: (serviceId, sealed) => this.unsealed(serviceId, sealed),
      payloads: (tasks) => payloadsFor(tasks, parts.store.view, parts.vault),
    });
  }

  /** Where the agent's host calls from. */
  get address(): string {
    return this.arrival.address;
  }

  /** What the host's own manager has given the agent to say. */
  get leaveLock(): Buffer | undefined {
    return this.hello.leaveLock;
  }

  /** Records the node as ready and sends it its tasks. @throws DomainError when the node could not be recorded */
  async open(welcome: Omit<Welcome, 'sessionId'>): Promise<void> {
    // From here on somebody waits for its heartbeats, whatever becomes of this stream.
    this.parts.liveness.heard(this.nodeId, '', monotonicMs());
    await this.parts.recorder.connected(this.hello, this.arrival);
    this.clusterId = welcome.clusterId;
    this.stream.write({ welcome: { ...welcome, sessionId: this.arrival.sessionId } });
    this.networks.start();
    this.assignments.start();
  }

  /** The node's tasks may have changed. */
  touch(): void {
    this.assignments.touch();
  }

  /** What the node has to know of networks may have changed; in time for assignments that need it. */
  updateNetworks(): void {
    if (this.ended) return;
    try {
      this.networks.update();
    } catch (error) {
      this.cannotTell(error);
    }
  }

  /** Where other nodes reach the node, as it says; '' for where it calls from. */
  get advertisedAddress(): string {
    return this.hello.advertiseAddress || this.address;
  }

  /** @throws DomainError INVALID_ARGUMENT naming a field that cannot be: the session is over then */
  receive(message: AgentMessage): void {
    // What is still on its way when a session ends must not bring back a node that was removed, or speak for its successor.
    if (this.ended) return;
    if (message.heartbeat) this.onHeartbeat(readEngineError(message.heartbeat.engineError));
    if (message.statuses) this.parts.inbox.receive(this.nodeId, message.statuses.observations);
    if (message.description) this.onDescription(message.description);
  }

  /** Asks the agent to call Tunnel.Connect with this id. */
  askForTunnel(tunnelId: string): void {
    this.stream.write({ openTunnel: { tunnelId } });
  }

  /** The node was removed, or there is no such cluster any more: tells the agent so, and ends. */
  expel(removal: Omit<Removed, 'endedClusterIds'>): void {
    if (this.ended) return;
    this.stream.write({ removed: { ...removal, endedClusterIds: [] } });
    this.end(removal.clusterEnded ? 'the cluster has ended' : 'the node was removed');
  }

  /** Ends it with an error, which the agent shows. */
  fail(error: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.parts.logger.warn({ nodeId: this.nodeId, reason: messageOf(error) }, 'an agent session is ended');
    this.stream.emit('error', grpcFailure(error, ...TOLD_TO_AGENTS));
  }

  end(reason: string): void {
    this.ended = true;
    this.parts.logger.debug({ nodeId: this.nodeId, reason }, 'ending an agent session');
    this.stream.end();
  }

  /** What is to be sent cannot be made: this is this node's trouble alone, and maybe over when its agent is back. */
  private cannotTell(error: unknown): void {
    this.parts.logger.error({ err: error, nodeId: this.nodeId }, 'an agent could not be told what it has to do');
    this.end('the manager could not say what the node has to do');
  }

  /** Without them the node tries with what its own engine knows, and says why if that fails. */
  private unsealed(serviceId: string, sealed: SealedValue): Buffer {
    try {
      return this.parts.vault.unseal(sealed, keys.registryCredentials(serviceId));
    } catch (error) {
      this.parts.logger.error({ nodeId: this.nodeId, reason: messageOf(error) }, 'registry credentials cannot be read');
      return Buffer.alloc(0);
    }
  }

  /** A node that was called down while its stream lived (its engine was away, say) is ready again with the first good heartbeat. */
  private onHeartbeat(engineError: string): void {
    this.parts.liveness.heard(this.nodeId, engineError, monotonicMs());
    if (engineError === '' && !this.parts.recorder.isRecordedReady(this.nodeId, this.arrival.sessionId)) this.record();
  }

  private onDescription(description: NodeDescription): void {
    const read = readDescription(description);
    this.parts.requireKeys(read);
    this.hello = { ...this.hello, description: read };
    this.record();
  }

  /** Records the node as it is now. One write at a time; a failed one is repeated by the next heartbeat. */
  private record(): void {
    if (this.recording) return;
    this.recording = true;
    this.parts.recorder
      .connected(this.hello, this.arrival)
      .catch((error: unknown) => this.parts.logger.warn({ err: error, nodeId: this.nodeId }, 'the node was not recorded'))
      .finally(() => (this.recording = false));
  }
}
