import { credentials, status as GrpcStatus, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import { NANOS_PER_MS, NodeAvailability, NodeState, ORPHANED_AFTER_MS, TaskState } from '#common/domain';
import { newId } from '#common/identity';
import { createLogger } from '#common/logging';
import {
  ControlPlane,
  DispatcherClient,
  type AgentMessage,
  type Assignments,
  type ManagerMessage,
} from '#common/dispatcher-proto';
import { Cluster, Config, RegistryCredentials, RemovedNode, Secret, Task, TaskSpec, TaskStatus } from '#common/proto';
import { ClusterStore, EtcdStore, keys, type Guard, type Write } from '#common/store';
import { eventually, PrivateEtcd, testVault } from '#common/testing';
import { aTask } from '../testing/builders';
import type { LeaderTerm } from '../leader/leader-term';
import { AllowedPeers } from './allowed-peers';
import { DispatcherServer } from './dispatcher.server';
import { orphanTasks } from './orphan-tasks';
import { StatusInbox } from './status-inbox';

const ADDRESS = '127.0.0.1:23178';
/** As the cluster has it, which has been there before the manager. */
const HEARTBEAT_MS = 100;
/** As the manager was started. */
const FLAG_MS = 10;
const HOUR_MS = 3_600_000;
const logger = createLogger('test', 'silent');

/** The agent's side of a stream, without an engine behind it. */
class FakeAgent {
  readonly messages: ManagerMessage[] = [];
  error: ServiceError | undefined;
  ended = false;
  beats = 0;
  private readonly client = new DispatcherClient(ADDRESS, credentials.createInsecure());
  private readonly stream: ClientDuplexStream<AgentMessage, ManagerMessage> = this.client.session();
  private heart: NodeJS.Timeout | undefined;

  constructor(readonly nodeId = newId()) {
    this.stream.on('data', (message: ManagerMessage) => this.messages.push(message));
    this.stream.on('error', (error: ServiceError) => (this.error = error));
    this.stream.on('end', () => (this.ended = true));
  }

  hello(hostname = 'host', availability = ''): this {
    const description = { hostname, platform: undefined, resources: undefined, engine: undefined };
    this.stream.write({ hello: { nodeId: this.nodeId, advertiseAddress: '', availability, description } });
    return this;
  }

  beat(engineError = ''): this {
    clearInterval(this.heart);
    this.heart = setInterval(() => {
      this.beats++;
      this.stream.write({ heartbeat: { engineError } });
    }, HEARTBEAT_MS);
    return this;
  }

  report(taskId: string, state: TaskState): void {
    const status = TaskStatus.fromPartial({ state, timestamp: new Date().toISOString() });
    this.stream.write({ statuses: { observations: [{ taskId, status }] } });
  }

  send(message: AgentMessage): this {
    this.stream.write(message);
    return this;
  }

  silence(): void {
    clearInterval(this.heart);
  }

  close(): void {
    this.silence();
    this.stream.on('error', () => undefined);
    this.stream.cancel();
    this.client.close();
  }

  assignments(): Assignments[] {
    return this.messages.flatMap(({ assignments }) => assignments ?? []);
  }
}

describe('the dispatcher', () => {
  let etcd: PrivateEtcd;
  let objects: EtcdStore;
  let store: ClusterStore;
  let dispatcher: DispatcherServer;
  const stopping = new AbortController();
  const agents: FakeAgent[] = [];

  const anAgent = (nodeId?: string): FakeAgent => {
    const agent = new FakeAgent(nodeId);
    agents.push(agent);
    return agent;
  };
  const stateOf = (agent: FakeAgent): NodeState | undefined => store.view.node(agent.nodeId)?.status?.state;
  const untilState = (agent: FakeAgent, state: NodeState): Promise<unknown> =>
    eventually(() => stateOf(agent) === state, { reason: `the node is ${state}`, timeoutMs: 5_000 });
  const putTask = (task: Task): Promise<number> =>
    store.commit([], [{ kind: 'put', key: keys.task(task.id), value: Task.encode(task).finish() }]);

  const removeNode = (nodeId: string): Promise<number> =>
    store.commit(
      [],
      [
        { kind: 'delete', key: keys.node(nodeId) },
        { kind: 'delete', key: keys.nodeStatus(nodeId) },
        { kind: 'put', key: keys.removedNode(nodeId), value: RemovedNode.encode({ removedAt: '' }).finish() },
      ],
    );

  beforeAll(async () => {
    etcd = await PrivateEtcd.start();
    objects = new EtcdStore({ hosts: [etcd.url], prefix: '/dispatch/' });
    store = new ClusterStore(objects, logger);
    void store.run(stopping.signal);
    await store.untilSynced(10_000, stopping.signal);
    const spec = { dispatcher: { heartbeatPeriod: HEARTBEAT_MS * NANOS_PER_MS } };
    await store.commit(
      [],
      [{ kind: 'put', key: keys.cluster, value: Cluster.encode(Cluster.fromPartial({ id: newId(), spec })).finish() }],
    );
    const inbox = new StatusInbox(store, logger, () => undefined);
    const peers = new AllowedPeers([]);
    dispatcher = new DispatcherServer({
      controlPlane: () => ControlPlane.fromPartial({}),
      managerId: 'm1',
      ownAddress: '127.0.0.1',
      store,
      inbox,
      peers,
      heartbeatPeriodMs: FLAG_MS,
      vault: testVault(),
      addServices: () => undefined,
      logger,
    });
    await dispatcher.listen(ADDRESS);
  }, 30_000);
  afterEach(() => agents.splice(0).forEach((agent) => agent.close()));
  afterAll(async () => {
    await dispatcher.close(500);
    stopping.abort();
    objects.close();
    await etcd.stop();
  });

  it('welcomes a node, records it, and sends it its tasks: first all, then what changes', async () => {
    const agent = anAgent().hello().beat();
    await untilState(agent, NodeState.ready);
    const task = { ...aTask({ id: newId(), nodeId: agent.nodeId, state: TaskState.assigned }) };
    await putTask(task);
    await eventually(() => agent.assignments().length === 2, { reason: 'the task is sent' });
    await store.commit([], [{ kind: 'delete', key: keys.task(task.id) }]);
    await eventually(() => agent.assignments().length === 3, { reason: 'the removal is sent' });
    expect(agent.messages[0]?.welcome).toMatchObject({ heartbeatPeriodMs: HEARTBEAT_MS });
    expect(
      agent
        .assignments()
        .map(({ type, appliesTo, resultsIn, update, remove }) => [
          type,
          appliesTo,
          resultsIn,
          update.map(({ id }) => id),
          remove,
        ]),
    ).toEqual([
      ['COMPLETE', 0, 1, [], []],
      ['INCREMENTAL', 1, 2, [task.id], []],
      ['INCREMENTAL', 2, 3, [], [task.id]],
    ]);
  });

  it.each([
    { asked: 'drain', recorded: NodeAvailability.drain },
    { asked: 'asleep', recorded: NodeAvailability.active },
  ])('records a node that asks to be "$asked" as $recorded, and asks no more once it knows it', async ({ asked, recorded }) => {
    const availability = (nodeId: string): string | undefined => store.view.node(nodeId)?.spec?.availability;
    const { nodeId } = anAgent().hello('host', asked);
    await eventually(() => availability(nodeId) === recorded, { reason: `the node is recorded as ${recorded}` });
    const again = anAgent(nodeId).hello('host', 'pause').beat();
    await eventually(() => again.messages.some(({ welcome }) => welcome), { reason: 'the node is welcomed again' });
    expect(availability(nodeId)).toBe(recorded);
  });

  it('sends secrets and configs with a task whose container is still to be made, and to nobody else', async () => {
    const [secretId, configId] = [newId(), newId()];
    const sealedData = testVault().seal(Buffer.from('sealed'), keys.secret(secretId));
    await store.commit(
      [],
      [
        {
          kind: 'put',
          key: keys.secret(secretId),
          value: Secret.encode(Secret.fromPartial({ id: secretId, sealedData })).finish(),
        },
        {
          kind: 'put',
          key: keys.config(configId),
          value: Config.encode(Config.fromPartial({ id: configId, spec: { data: Buffer.from('plain') } })).finish(),
        },
      ],
    );
    const [user, other] = [anAgent().beat().hello('user'), anAgent().beat().hello('other')];
    for (const agent of [user, other]) await untilState(agent, NodeState.ready);
    const spec = TaskSpec.fromPartial({
      containerSpec: {
        secrets: [{ secretId, secretName: 's', file: { name: 's' } }],
        configs: [{ configId, configName: 'c', file: { name: 'c' } }],
      },
    });
    const task = { ...aTask({ id: newId(), nodeId: user.nodeId, state: TaskState.assigned }), spec };
    await putTask(task);
    const sent = (agent: FakeAgent): string[] =>
      agent
        .assignments()
        .flatMap(({ payloads }) =>
          [...(payloads?.secrets ?? []), ...(payloads?.configs ?? [])].map(({ data }) => data.toString()),
        );
    await eventually(() => sent(user).length > 0, { reason: 'the payloads are sent' });
    await putTask({ ...aTask({ id: newId(), nodeId: other.nodeId, state: TaskState.assigned }) });
    await eventually(() => other.assignments().length === 2, { reason: 'the other one gets a task, too' });
    expect([sent(user), sent(other)]).toEqual([['sealed', 'plain'], []]);
  });

  it('sends credentials with a task that has to pull, again when they change, and to nobody else', async () => {
    const putCredentials = (serviceId: string, text: string): Promise<number> => {
      const value = RegistryCredentials.encode({
        current: testVault().seal(Buffer.from(text), keys.registryCredentials(serviceId)),
        previous: undefined,
      }).finish();
      return store.commit([], [{ kind: 'put', key: keys.registryCredentials(serviceId), value }]);
    };
    const sent = (agent: FakeAgent): string[] =>
      agent.assignments().flatMap(({ registryAuth }) => Object.values(registryAuth?.byService ?? {}).map(String));
    const serviceId = newId();
    await putCredentials(serviceId, 'first');
    const [puller, other] = [anAgent().beat().hello('puller'), anAgent().beat().hello('other')];
    for (const agent of [puller, other]) await untilState(agent, NodeState.ready);
    await putTask({ ...aTask({ id: newId(), nodeId: puller.nodeId, state: TaskState.assigned }), serviceId });
    await putTask({ ...aTask({ id: newId(), nodeId: other.nodeId, state: TaskState.running }), serviceId });
    await eventually(() => expect(sent(puller)).toEqual(['first']), { reason: 'the credentials come' });
    await putCredentials(serviceId, 'second');
    await eventually(() => expect(sent(puller)).toEqual(['first', 'second']), { reason: 'the new ones come' });
    await eventually(() => other.assignments().some(({ update }) => update.length > 0), {
      reason: 'the other node has its task',
    });
    expect(sent(other)).toEqual([]);
  }, 20_000);

  it('calls a node down whose heartbeats stop, though its stream stands, and ready with the next one', async () => {
    const agent = anAgent().hello().beat();
    await untilState(agent, NodeState.ready);
    agent.silence();
    await untilState(agent, NodeState.down);
    expect(store.view.node(agent.nodeId)?.status?.message).toBe('heartbeat failure');
    agent.beat();
    await untilState(agent, NodeState.ready);
  });

  it('waits for heartbeats for as long as the cluster says, whatever the manager was started with', async () => {
    const agent = anAgent().hello().beat();
    await untilState(agent, NodeState.ready);
    const seen = new Set<NodeState | undefined>();
    const unsubscribe = store.onChange(() => seen.add(stateOf(agent)));
    const { beats } = agent;
    await eventually(() => agent.beats >= beats + 5, { reason: 'five heartbeats were sent' });
    unsubscribe();
    expect(seen.has(NodeState.down)).toBe(false);
  });

  it('calls a node down whose engine is away, and says so', async () => {
    const agent = anAgent().hello().beat();
    await untilState(agent, NodeState.ready);
    agent.beat('dial unix docker.sock: connection refused');
    await untilState(agent, NodeState.down);
    expect(store.view.node(agent.nodeId)?.status?.message).toBe('engine failure: dial unix docker.sock: connection refused');
    agent.beat();
    await untilState(agent, NodeState.ready);
  });

  it('writes nothing for heartbeats', async () => {
    const agent = anAgent().hello().beat();
    await untilState(agent, NodeState.ready);
    const others = (): boolean =>
      store.view.nodes().every((node) => node.id === agent.nodeId || node.status?.state === NodeState.down);
    await eventually(others, { reason: 'the nodes of earlier tests are down' });
    const revision = (await objects.list('nothing')).revision;
    const seen = agent.messages.length;
    const { beats } = agent;
    await eventually(() => agent.beats >= beats + 5, { reason: 'five heartbeats were sent' });
    expect((await objects.list('nothing')).revision).toBe(revision);
    expect(agent.messages.length).toBe(seen);
  });

  it("takes statuses of a node's own tasks only, and only forward", async () => {
    const agent = anAgent().hello().beat();
    const other = anAgent().hello('other').beat();
    await untilState(agent, NodeState.ready);
    await untilState(other, NodeState.ready);
    const task = aTask({ id: newId(), nodeId: agent.nodeId, state: TaskState.assigned });
    await putTask(task);
    other.report(task.id, TaskState.failed);
    agent.report(newId(), TaskState.running);
    agent.report(task.id, TaskState.running);
    agent.report(task.id, TaskState.starting);
    await eventually(() => store.view.task(task.id)?.status?.state === TaskState.running, { reason: 'it runs' });
    agent.report(task.id, TaskState.complete);
    await eventually(() => store.view.task(task.id)?.status?.state === TaskState.complete, { reason: 'it is complete' });
  });

  it('ends the older of two sessions of one node, and the node stays ready', async () => {
    const first = anAgent().hello().beat();
    await untilState(first, NodeState.ready);
    const second = anAgent(first.nodeId).hello().beat();
    await eventually(() => first.ended, { reason: 'the first session is ended' });
    await eventually(() => second.assignments().length === 1, { reason: 'the second has its tasks' });
    expect(stateOf(second)).toBe(NodeState.ready);
  });

  it('tells a node that it was removed, ends its session, and turns it away whenever it comes back', async () => {
    const agent = anAgent().hello().beat();
    await untilState(agent, NodeState.ready);
    await removeNode(agent.nodeId);
    const clusterId = store.view.cluster()?.id;
    await eventually(() => agent.ended, { reason: 'the session is ended' });
    expect(agent.messages.at(-1)?.removed).toMatchObject({ clusterId, clusterEnded: false });
    const again = anAgent(agent.nodeId).hello().beat();
    await eventually(() => again.ended, { reason: 'it is turned away' });
    expect(again.messages.map(({ removed }) => removed)).toMatchObject([{ clusterId, clusterEnded: false }]);
    expect(store.view.node(agent.nodeId)).toBeUndefined();
  });

  describe('the leader, for nodes that nobody hears of', () => {
    /** By a clock that nobody sets. */
    let now: number;
    let over: AbortController;
    let looking: Promise<void>;
    const stateOfTask = (task: Task): TaskState | undefined => store.view.task(task.id)?.status?.state;

    const lead = (): void => {
      over = new AbortController();
      const term = { signal: over.signal, commit: (guards: Guard[], writes: Write[]) => store.commit(guards, writes) };
      looking = orphanTasks(store, logger, () => now)(term as LeaderTerm);
    };
    const resign = async (): Promise<void> => {
      over.abort();
      await looking;
    };
    const runTaskOn = async (agent: FakeAgent): Promise<Task> => {
      await untilState(agent, NodeState.ready);
      const task = aTask({ id: newId(), nodeId: agent.nodeId, state: TaskState.assigned, desired: TaskState.shutdown });
      await putTask(task);
      agent.report(task.id, TaskState.running);
      await eventually(() => stateOfTask(task) === TaskState.running, { reason: 'it runs' });
      return task;
    };

    /** Something happens around a node that was removed. */
    const lookAgain = async (): Promise<void> => {
      const task = aTask({ id: newId(), nodeId: newId(), state: TaskState.running, desired: TaskState.shutdown });
      await putTask(task);
      await eventually(() => stateOfTask(task) === TaskState.orphaned, { reason: 'the leader has looked' });
    };

    beforeEach(() => {
      now = 0;
    });
    afterEach(() => resign());

    it('orphans the tasks of one that has been down for a day, whoever led in between, and what comes back is to be removed', async () => {
      const agent = anAgent().hello().beat();
      const task = await runTaskOn(agent);
      agent.close();
      await untilState(agent, NodeState.down);
      const downSince = Date.parse(store.view.observedNode(agent.nodeId)?.observed.downSince ?? '');
      expect(Math.abs(downSince - Date.now())).toBeLessThan(10_000);
      lead();
      now = ORPHANED_AFTER_MS - HOUR_MS;
      await lookAgain();
      await eventually(() => store.view.observedNode(agent.nodeId)?.observed.seenDownMs === now, { reason: 'it is recorded' });
      await resign();
      expect(stateOfTask(task)).toBe(TaskState.running);
      now = 0;
      lead();
      await lookAgain();
      now = HOUR_MS;
      await lookAgain();
      await eventually(() => stateOfTask(task) === TaskState.orphaned, { reason: 'it is orphaned' });

      const back = anAgent(agent.nodeId).hello().beat();
      await untilState(back, NodeState.ready);
      expect(store.view.observedNode(agent.nodeId)?.observed.downSince).toBeUndefined();
      await eventually(() => back.assignments().length === 1, { reason: 'it has its tasks' });
      expect(back.assignments()[0]).toMatchObject({ type: 'COMPLETE', update: [] });
      const { revision } = store.view;
      const other = aTask({ id: newId(), nodeId: agent.nodeId, state: TaskState.assigned });
      await putTask(other);
      back.report(task.id, TaskState.running);
      back.report(other.id, TaskState.running);
      await eventually(() => stateOfTask(other) === TaskState.running, { reason: 'a later report has arrived' });
      expect(store.view.revision).toBeGreaterThan(revision);
      expect(stateOfTask(task)).toBe(TaskState.orphaned);
    });

    it('orphans the tasks of one that was removed at once', async () => {
      const agent = anAgent().hello().beat();
      const task = await runTaskOn(agent);
      lead();
      await removeNode(agent.nodeId);
      await eventually(() => stateOfTask(task) === TaskState.orphaned, { reason: 'it is orphaned' });
    });
  });

  it.each([
    { name: 'that says something else first', message: { heartbeat: { engineError: '' } } },
    {
      name: 'with a bad id',
      message: { hello: { nodeId: '../x', advertiseAddress: '', availability: '', description: undefined } },
    },
    {
      name: 'without a description',
      message: { hello: { nodeId: newId(), advertiseAddress: '', availability: '', description: undefined } },
    },
  ])('refuses a stream $name', async ({ message }) => {
    const agent = anAgent().send(message);
    await eventually(() => agent.error !== undefined, { reason: 'it is refused' });
    expect(agent.error?.code).toBe(GrpcStatus.INVALID_ARGUMENT);
  });
});
