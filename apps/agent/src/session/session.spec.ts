import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { TaskState } from '#common/domain';
import { AsyncQueue } from '#common/concurrency';
import {
  Assignments_Type,
  DispatcherService,
  type AgentMessage,
  type Assignments,
  type ManagerMessage,
} from '#common/dispatcher-proto';
import type { NodeDescription } from '#common/proto';
import { undescribedNode } from '../executor/docker/describe-node';
import { ObservedValue } from '../observed-value';
import { aParty } from '../testing/a-party';
import { StatusReporter } from '../worker/status-reporter';
import { runSession } from './session';

const WELCOME = {
  welcome: { sessionId: 's', clusterId: 'c', heartbeatPeriodMs: 60_000, managerAddresses: [], endedClusterIds: [] },
};
const set = (type: Assignments_Type, appliesTo: number, resultsIn: number): ManagerMessage => ({
  assignments: { type, appliesTo, resultsIn, update: [], remove: [] },
});
const FIRST_SET = set(Assignments_Type.COMPLETE, 0, 1);
const STATUS = {
  timestamp: '',
  state: TaskState.running,
  message: '',
  err: '',
  containerStatus: undefined,
  portStatus: undefined,
};

/** A manager that says only what the test says, over a real connection on the loopback. */
class ScriptedManager {
  private readonly server = new Server();
  private readonly received = new AsyncQueue<AgentMessage>();
  private readonly messages = this.received[Symbol.asyncIterator]();
  private stream: ServerDuplexStream<AgentMessage, ManagerMessage> | undefined;
  address = '';

  async listen(): Promise<void> {
    this.server.addService(DispatcherService, {
      session: (stream: ServerDuplexStream<AgentMessage, ManagerMessage>) => {
        this.stream = stream;
        stream.on('data', (message: AgentMessage) => this.received.push(message));
        stream.on('error', () => undefined);
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      this.server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    this.address = `127.0.0.1:${port}`;
  }

  say(...messages: ManagerMessage[]): void {
    for (const message of messages) this.stream?.write(message);
  }

  end(): void {
    this.stream?.end();
  }

  async hears(): Promise<AgentMessage> {
    const { value } = (await this.messages.next()) as IteratorResult<AgentMessage, undefined>;
    // What protobuf leaves out is of no interest.
    return JSON.parse(JSON.stringify(value ?? {})) as AgentMessage;
  }

  close(): void {
    this.server.forceShutdown();
  }
}

describe('a session', () => {
  let manager: ScriptedManager;
  let leaving: AbortController;
  let description: ObservedValue<NodeDescription>;
  let engineError: ObservedValue<string>;
  let statuses: StatusReporter;
  let assigned: Assignments[];
  let removedFrom: string[];
  let redirectedTo: string[];
  let session: Promise<never>;

  beforeEach(async () => {
    manager = new ScriptedManager();
    leaving = new AbortController();
    description = new ObservedValue(undescribedNode({ hostname: 'n1', labels: {}, genericResources: [] }));
    engineError = new ObservedValue('');
    statuses = new StatusReporter(0);
    assigned = [];
    removedFrom = [];
    redirectedTo = [];
    await manager.listen();
    const party = aParty({
      ...{ description, engineError, statuses },
      assigned: (message) => void assigned.push(message),
      redirected: ({ managerAddresses }) => void redirectedTo.push(...managerAddresses),
      removed: ({ clusterId }) => void removedFrom.push(clusterId),
    });
    session = runSession(manager.address, party, leaving.signal);
    session.catch(() => undefined);
    expect(await manager.hears()).toMatchObject({
      hello: { nodeId: 'node', advertiseAddress: '10.0.0.1', availability: 'drain', description: { hostname: 'n1' } },
    });
  });
  afterEach(() => {
    leaving.abort();
    manager.close();
  });

  it('begins with a heartbeat, and tells at once when the engine is away', async () => {
    manager.say(WELCOME);
    expect(await manager.hears()).toEqual({ heartbeat: { engineError: '' } });
    engineError.set('away');
    expect(await manager.hears()).toEqual({ heartbeat: { engineError: 'away' } });
  });

  it('tells when the node has changed', async () => {
    manager.say(WELCOME);
    await manager.hears();
    description.set(undescribedNode({ hostname: 'n1', labels: { disk: 'ssd' }, genericResources: [] }));
    expect(await manager.hears()).toMatchObject({ description: { engine: { labels: { disk: 'ssd' } } } });
  });

  it('tells all statuses, old ones too, once the tasks are known', async () => {
    statuses.report('old', STATUS);
    statuses.take();
    manager.say(WELCOME);
    await manager.hears();
    manager.say(FIRST_SET);
    expect(await manager.hears()).toMatchObject({ statuses: { observations: [{ taskId: 'old' }] } });
    statuses.report('new', STATUS);
    expect(await manager.hears()).toMatchObject({ statuses: { observations: [{ taskId: 'new' }] } });
    expect(assigned).toHaveLength(1);
  });

  it.each<{ name: string; say: ManagerMessage[]; code: string }>([
    { name: 'a set is missing', say: [WELCOME, FIRST_SET, set(Assignments_Type.INCREMENTAL, 2, 3)], code: 'ABORTED' },
    { name: 'assignments come before the welcome', say: [FIRST_SET], code: 'ABORTED' },
    { name: 'the welcome comes twice', say: [WELCOME, WELCOME], code: 'ABORTED' },
  ])('ends when $name', async ({ say, code }) => {
    manager.say(...say);
    await expect(session).rejects.toMatchObject({ code });
  });

  it.each([
    { name: 'at its hello', before: [] },
    { name: 'in the midst of a session', before: [WELCOME, FIRST_SET] },
  ])('ends for good when the node was removed: $name', async ({ before }) => {
    manager.say(...before, { removed: { clusterId: 'c', clusterEnded: false, endedClusterIds: [] } });
    await expect(session).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(removedFrom).toEqual(['c']);
  });

  it('ends when the managers are elsewhere', async () => {
    manager.say({ redirect: { managerAddresses: ['10.0.0.1:2378', '10.0.0.2:2378'], endedClusterIds: [], availability: '' } });
    await expect(session).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('10.0.0.2:2378') });
    expect(redirectedTo).toEqual(['10.0.0.1:2378', '10.0.0.2:2378']);
  });

  it('ends when the manager ends it', async () => {
    manager.say(WELCOME);
    await manager.hears();
    manager.end();
    await expect(session).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('ends when the manager dies', async () => {
    manager.close();
    await expect(session).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('ends when the agent leaves', async () => {
    leaving.abort();
    await expect(session).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('is over at once where nobody listens', async () => {
    manager.close();
    const again = runSession(manager.address, aParty(), leaving.signal);
    await expect(again).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
