import { randomBytes, type KeyObject } from 'node:crypto';
import {
  credentials,
  Server,
  ServerCredentials,
  status as GrpcStatus,
  type ClientDuplexStream,
  type ServiceError,
} from '@grpc/grpc-js';
import fc from 'fast-check';
import {
  DispatcherClient,
  DispatcherService,
  type AgentMessage,
  type Hello,
  type ManagerMessage,
} from '#common/dispatcher-proto';
import { leaveLockOf, newId, newLeaveKey, newNodeKey, publicNodeKey, signHello } from '#common/identity';
import { createLogger } from '#common/logging';
import { Cluster, ObservedNode } from '#common/proto';
import { ClusterStore, keys } from '#common/store';
import { eventually, testVault } from '#common/testing';
import { AllowedPeers } from '../../apps/manager/src/dispatcher/allowed-peers';
import { DispatcherServer } from '../../apps/manager/src/dispatcher/dispatcher.server';
import { StatusInbox } from '../../apps/manager/src/dispatcher/status-inbox';
import { askToLeave } from '../../apps/manager/src/membership/admission.client';
import { AdmissionServer } from '../../apps/manager/src/membership/admission.server';
import { FakeObjectStore } from '../../apps/manager/src/testing/fake-object-store';

const RUNS = Number(process.env.SECURITY_RUNS ?? 500);
const logger = createLogger('test', 'silent');
const DESCRIPTION = { hostname: 'host', platform: undefined, resources: undefined, engine: undefined };
const HOST_LOCK = leaveLockOf(randomBytes(32));

let address: string;

/** The agent's side of a stream, which may lie. */
class FakeAgent {
  readonly messages: ManagerMessage[] = [];
  error: ServiceError | undefined;
  isOver = false;
  private readonly client: DispatcherClient;
  private readonly stream: ClientDuplexStream<AgentMessage, ManagerMessage>;

  constructor(
    readonly nodeId: string,
    to = address,
  ) {
    this.client = new DispatcherClient(to, credentials.createInsecure());
    this.stream = this.client.session();
    this.stream.on('data', (message: ManagerMessage) => this.messages.push(message));
    this.stream.on('error', (error: ServiceError) => (this.error = error));
    this.stream.on('close', () => (this.isOver = true));
    this.stream.on('end', () => (this.isOver = true));
  }

  hello(more: Partial<Hello> = {}): this {
    this.stream.write({
      hello: { nodeId: this.nodeId, advertiseAddress: '', availability: '', description: DESCRIPTION, ...more },
    });
    return this;
  }

  async nonce(): Promise<Buffer> {
    const challenge = await eventually(() => this.messages.find((message) => message.challenge)?.challenge ?? false, {
      reason: 'a challenge comes',
      timeoutMs: 3_000,
    });
    return challenge.nonce;
  }

  prove(signature: Buffer): this {
    this.stream.write({ proof: { signature } });
    return this;
  }

  /** Says hello as an honest agent does. */
  async greet(key: KeyObject | undefined, more: Partial<Hello> = {}): Promise<this> {
    if (!key) return this.hello(more);
    this.hello({ nodeKey: publicNodeKey(key), ...more });
    return this.prove(signHello(key, await this.nonce(), this.nodeId));
  }

  get isWelcome(): boolean {
    return this.messages.some(({ welcome }) => welcome);
  }

  untilWelcome(): Promise<unknown> {
    return eventually(() => this.isWelcome, {
      reason: `the agent is welcomed (${this.error?.message ?? 'no error'})`,
      timeoutMs: 3_000,
    });
  }

  untilRefused(): Promise<unknown> {
    return eventually(() => this.error?.code === GrpcStatus.PERMISSION_DENIED, {
      reason: 'the agent is refused',
      timeoutMs: 3_000,
    });
  }

  /** It is welcomed or refused, or a newer session has taken its place. */
  untilAnswered(): Promise<unknown> {
    return eventually(() => this.isWelcome || this.error !== undefined || this.isOver, { reason: 'the manager answers' });
  }

  close(): void {
    this.stream.on('error', () => undefined);
    this.stream.cancel();
    this.client.close();
  }
}

describe('promise 2: an address makes nobody a node', () => {
  let store: ClusterStore;
  let dispatcher: DispatcherServer;
  let stopping: AbortController;
  const agents: FakeAgent[] = [];
  const anAgent = (nodeId = newId(), to = address): FakeAgent => {
    const agent = new FakeAgent(nodeId, to);
    agents.push(agent);
    return agent;
  };

  beforeAll(async () => {
    stopping = new AbortController();
    store = new ClusterStore(new FakeObjectStore(), logger);
    void store.run(stopping.signal);
    await store.untilSynced(2_000, stopping.signal);
    await store.commit(
      [],
      [{ kind: 'put', key: keys.cluster, value: Cluster.encode(Cluster.fromPartial({ id: newId() })).finish() }],
    );
    const port = await freePort();
    const admission = new AdmissionServer({
      cluster: () => {
        throw new Error('nobody joins here');
      },
      ticketFor: () => Promise.reject(new Error('nobody joins here')),
      letGo: (leaveKey) => dispatcher.letGo(leaveKey),
    });
    dispatcher = new DispatcherServer({
      ...{ managerId: newId(), ownAddress: '127.0.0.1', heartbeatPeriodMs: 60_000, logger, store, vault: testVault() },
      controlPlane: () => ({ addresses: [], userAddresses: [], networks: [] }),
      inbox: new StatusInbox(store, logger, () => undefined),
      peers: new AllowedPeers([]),
      leaveLock: () => HOST_LOCK,
      addServices: (server) => admission.addTo(server),
    });
    await dispatcher.listen(`[::]:${port}`);
    address = `127.0.0.1:${port}`;
  });
  afterEach(() => agents.splice(0).forEach((agent) => agent.close()));
  afterAll(async () => {
    await dispatcher.close(500);
    stopping.abort();
  });

  describe('a node that was recorded with a key', () => {
    let key: KeyObject;
    let owner: FakeAgent;
    beforeEach(async () => {
      key = newNodeKey();
      owner = await anAgent().greet(key);
      await owner.untilWelcome();
    });
    const stillHasItsSession = (): void => {
      expect([owner.isOver, dispatcher.sessions.of(owner.nodeId) !== undefined]).toEqual([false, true]);
    };

    it.each<[string, (thief: FakeAgent) => Promise<unknown>]>([
      ['no key', (thief) => thief.greet(undefined)],
      ['another key', (thief) => thief.greet(newNodeKey())],
      ['an empty key', async (thief) => thief.hello({ nodeKey: Buffer.alloc(0) }).prove(Buffer.alloc(64))],
      [
        'its key, and the signature of another one',
        async (thief) => {
          thief.hello({ nodeKey: publicNodeKey(key) });
          thief.prove(signHello(newNodeKey(), await thief.nonce(), thief.nodeId));
        },
      ],
      [
        'its key, and what it has signed for an earlier hello',
        async (thief) => {
          thief.hello({ nodeKey: publicNodeKey(key) });
          await thief.nonce();
          thief.prove(signHello(key, await owner.nonce(), thief.nodeId));
        },
      ],
      [
        'its key, and what it has signed as another node',
        async (thief) => {
          thief.hello({ nodeKey: publicNodeKey(key) });
          thief.prove(signHello(key, await thief.nonce(), newId()));
        },
      ],
      [
        'its key, and nothing signed',
        async (thief) => {
          thief.hello({ nodeKey: publicNodeKey(key) }).hello({ nodeKey: publicNodeKey(key) });
        },
      ],
      [
        'its key in one hello, and none in the next',
        async (thief) => {
          thief.hello({ nodeKey: publicNodeKey(key) }).hello();
        },
      ],
    ])('is not whoever comes from its address with %s', async (_, say) => {
      const thief = anAgent(owner.nodeId);
      await say(thief);
      await thief.untilRefused();
      expect(thief.messages.filter(({ challenge }) => !challenge)).toEqual([]);
      stillHasItsSession();
    });

    it('comes back, from any address', async () => {
      const again = await anAgent(owner.nodeId, address.replace('127.0.0.1', '[::1]')).greet(key);
      await again.untilWelcome();
      await eventually(() => owner.isOver, { reason: 'the earlier session has ended' });
    });

    it('keeps its key while it is down', async () => {
      owner.close();
      await eventually(() => dispatcher.sessions.of(owner.nodeId) === undefined, { reason: 'its session is over' });
      const thief = await anAgent(owner.nodeId).greet(newNodeKey());
      await thief.untilRefused();
    });
  });

  it('a node that an earlier version has recorded belongs to the first agent that comes with a key', async () => {
    const nodeId = newId();
    await (await anAgent(nodeId).greet(undefined)).untilWelcome();
    const key = newNodeKey();
    await (await anAgent(nodeId).greet(key)).untilWelcome();
    for (const other of [undefined, newNodeKey()]) await (await anAgent(nodeId).greet(other)).untilRefused();
    await (await anAgent(nodeId).greet(key)).untilWelcome();
  });

  it('an agent without a key does not take the place of one that is connected from elsewhere', async () => {
    const first = await anAgent(newId(), address.replace('127.0.0.1', '[::1]')).greet(undefined);
    await first.untilWelcome();
    await (await anAgent(first.nodeId).greet(undefined)).untilRefused();
    expect(first.isOver).toBe(false);
  });

  it('of several that come at once for a new node one is it, whatever the order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 2, maxLength: 6 }), async (choices) => {
        const nodeId = newId();
        const known = [newNodeKey(), newNodeKey(), newNodeKey()];
        const callers = choices.map((choice) => ({ key: known[choice], agent: anAgent(nodeId) }));
        await Promise.all(callers.map(({ key, agent }) => agent.greet(key)));
        await Promise.all(callers.map(({ agent }) => agent.untilAnswered()));
        const bound = store.view.observedNode(nodeId)?.observed.nodeKey;
        const welcome = callers.filter(({ agent, key }) => agent.isWelcome && key !== undefined);
        for (const { key } of welcome) expect(publicNodeKey(key as KeyObject)).toEqual(bound);
        agents.splice(0).forEach((agent) => agent.close());
      }),
      { numRuns: Math.ceil(RUNS / 50) },
    );
  }, 60_000);

  it('what is recorded of a node that is lost says whose it is', () => {
    const nodeKey = publicNodeKey(newNodeKey());
    expect(ObservedNode.decode(ObservedNode.encode(ObservedNode.fromPartial({ nodeKey })).finish()).nodeKey).toEqual(nodeKey);
  });

  describe('leaving', () => {
    let leaveKey: Buffer;
    let leaver: FakeAgent;
    let neighbour: FakeAgent;
    let keyless: FakeAgent;
    beforeEach(async () => {
      leaveKey = newLeaveKey();
      leaver = await anAgent().greet(newNodeKey(), { leaveLock: leaveLockOf(leaveKey) });
      neighbour = await anAgent().greet(newNodeKey(), { leaveLock: leaveLockOf(newLeaveKey()) });
      keyless = await anAgent().greet(undefined);
      for (const agent of [leaver, neighbour, keyless]) await agent.untilWelcome();
    });
    const stayed = (): boolean[] => [leaver, neighbour, keyless].map((agent) => !agent.messages.some(({ removed }) => removed));

    it.each<[string, () => Buffer]>([
      ['nothing', () => Buffer.alloc(0)],
      ['some other key', newLeaveKey],
      ['what the agents say in their hellos', () => leaveLockOf(leaveKey)],
      ['the key in part', () => leaveKey.subarray(1)],
      ['the id of a node', () => Buffer.from(leaver.nodeId)],
      ['as many zeros as a key has bytes', () => Buffer.alloc(32)],
    ])('cannot be asked for with %s, by whoever has the address of the node', async (_, shown) => {
      await expect(askToLeave([address], shown())).rejects.toThrow();
      expect(stayed()).toEqual([true, true, true]);
    });

    it('is asked for by the host with its key, and concerns its agents alone', async () => {
      await askToLeave([address], leaveKey);
      await eventually(() => leaver.messages.some(({ removed }) => removed), { reason: 'the agent is told' });
      expect(leaver.messages.find(({ removed }) => removed)?.removed?.clusterEnded).toBe(true);
      expect(stayed()).toEqual([false, true, true]);
    });
  });

  it('agents of the host hear of its lock', async () => {
    const agent = await anAgent().greet(newNodeKey());
    await agent.untilWelcome();
    expect(agent.messages.find(({ welcome }) => welcome)?.welcome?.leaveLock).toEqual(HOST_LOCK);
  });
});

async function freePort(): Promise<number> {
  const server = new Server();
  server.addService(DispatcherService, { session: () => undefined });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('[::]:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  server.forceShutdown();
  return port;
}
