import { type BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import * as dispatcher from '#common/dispatcher-proto';
import {
  acceptsTasks,
  ingressModeOf,
  isActive,
  isIngressPort,
  isReady,
  mustLeave,
  NodeAvailability,
  observedState,
  restartConditionOf,
  roleOf,
  stateRank,
  TaskState,
  updateStateOf,
} from '#common/domain';
import { createLogger } from '#common/logging';
import * as proto from '#common/proto';
import { Node, PortConfig, RestartPolicy, Service, ServiceSpec, Task, TaskStatus, UpdateStatus } from '#common/proto';
import { keys, type StoreEvent } from '#common/store';
import { eventually } from '#common/testing';
import { decodeJson } from '#common/wire';
import { ClusterCache } from '../../libs/common/src/store/cluster-cache';
import { followSequence } from '../../apps/agent/src/session/assignment-sequence';
import { toGoal } from '../../apps/agent/src/worker/next-step';
import type { LeaderTerm } from '../../apps/manager/src/leader/leader-term';
import { decideService } from '../../apps/manager/src/orchestrator/decide-service';
import { ServiceReconciler } from '../../apps/manager/src/orchestrator/service.reconciler';
import { isLost } from '../../apps/manager/src/orchestrator/restart/decide-restart';
import { isPaused, isUpdating } from '../../apps/manager/src/orchestrator/update/decide-update-status';
import { ApiScenario, NODE_ID } from '../../apps/manager/src/api/testing/api-scenario';
import { aNode, aService, aSnapshot, aTask, countingIds, NOW } from '../../apps/manager/src/testing/builders';
import { nodeColumns } from '../../apps/swarmctl/src/render/node-table';
import { renderTable } from '../../apps/swarmctl/src/render/table';
import { taskColumns } from '../../apps/swarmctl/src/render/task-table';

const RUNS = { numRuns: Number(process.env.SECURITY_RUNS ?? 500) };
const TYPE_ENUM = 14;

interface Codec {
  decode(bytes: Uint8Array | BinaryReader): object;
  encode(message: never): BinaryWriter;
  toJSON(message: never): unknown;
  fromJSON(json: unknown): object;
}

interface EnumField {
  readonly name: string;
  readonly message: Codec;
  readonly number: number;
  readonly jsonName: string;
  readonly known: ReadonlySet<number>;
}

/** The parts of a generated file descriptor that are read here. */
interface FileDescriptor {
  readonly messageType: readonly {
    readonly name: string;
    readonly field: readonly { name: string; number: number; type: number; typeName: string; jsonName: string }[];
    readonly enumType: readonly { name: string; value: readonly { number: number }[] }[];
  }[];
}

const FILES: readonly FileDescriptor[] = [proto.protoMetadata, proto.objectMetadata, dispatcher.protoMetadata].map(
  ({ fileDescriptor }) => fileDescriptor as FileDescriptor,
);

/** Every field of every message whose type is an enum, by the compiler's own description of our files. */
function enumFields(file: FileDescriptor, codecs: Record<string, unknown>): EnumField[] {
  return file.messageType.flatMap((message) =>
    message.field
      .filter(({ type }) => type === TYPE_ENUM)
      .map(({ typeName, number, jsonName, name }): EnumField => {
        const [owner = '', type = ''] = typeName.split('.').slice(-2);
        const values = FILES.flatMap(({ messageType }) => messageType)
          .find((each) => each.name === owner)
          ?.enumType.find((each) => each.name === type)?.value;
        const codec = codecs[message.name] as Codec;
        const known = new Set((values ?? []).map((value) => value.number));
        return { name: `${message.name}.${name}`, message: codec, number, jsonName, known };
      }),
  );
}

const FIELDS = FILES.flatMap((file) => enumFields(file, { ...proto, ...dispatcher }));
const UNKNOWN = 4_711;
/** As a value arrives from a newer program: a number, whatever its type says. */
const unknown = <T>(): T => UNKNOWN as unknown as T;

const bytesOf = (field: EnumField, value: number): Uint8Array =>
  new BinaryWriter()
    .uint32(field.number << 3)
    .int32(value)
    .finish();

describe('promise 9: a value that only a newer program knows is kept, shown as its number, and acted on as the safe one', () => {
  it('covers every enum', () => {
    expect(FIELDS.map(({ name }) => name).sort()).toEqual([
      'Assignments.type',
      'NodeNetworking.ingress_mode',
      'NodeSpec.availability',
      'NodeSpec.role',
      'NodeStatus.state',
      'SpecChange.kind',
      'Task.desired_state',
      'TaskStatus.state',
      'UpdateStatus.state',
    ]);
  });

  it.each(FIELDS)('$name is written back as it was read, and JSON shows its number', (field) => {
    const numbers = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).filter((value) => !field.known.has(value));
    fc.assert(
      fc.property(numbers, (value) => {
        const bytes = bytesOf(field, value);
        const message = field.message.decode(bytes);
        expect(field.message.encode(message as never).finish()).toEqual(bytes);
        const json = field.message.toJSON(message as never) as Record<string, unknown>;
        expect(json[field.jsonName]).toBe(value);
        expect(field.message.encode(field.message.fromJSON(json) as never).finish()).toEqual(bytes);
      }),
      RUNS,
    );
  });

  it('survives that an older program changes something else in the record', () => {
    const stored = Task.encode(Task.fromPartial({ id: 't', desiredState: unknown(), status: { state: unknown() } })).finish();
    const rewritten = Task.encode({ ...Task.decode(stored), desiredReason: 'because' }).finish();
    expect(Task.decode(rewritten)).toMatchObject({ desiredState: UNKNOWN, status: { state: UNKNOWN } });
  });

  it.each([
    ['a name', { Role: 'boss', Availability: 'active' }, /^invalid Role: "boss"$/],
    ['a number', { Role: 'worker', Availability: 2 }, /NodeSpec\.Availability/],
    ['a number that has a name', { Role: 0, Availability: 'active' }, /NodeSpec\.Role/],
    ['a list', { Role: ['worker'], Availability: 'active' }, /NodeSpec\.Role/],
  ])('is refused in what clients send: %s', (_, body, message) => {
    expect(() => decodeJson('NodeSpec', body)).toThrow(message);
  });

  it('is a 400 of the API', async () => {
    const scenario = await ApiScenario.start();
    try {
      await scenario.addNode(NODE_ID, { hostname: 'one' });
      const answer = await scenario.post(`/nodes/${NODE_ID}/update?version=1`, { Role: 'worker', Availability: 'asleep' });
      expect(answer).toMatchObject({ status: 400, json: { message: 'invalid Availability: "asleep"' } });
    } finally {
      await scenario.stop();
    }
  });
});

describe('promise 9: what an unknown value leads to', () => {
  const service = aService();

  it('a node of unknown availability takes nothing new and keeps what it has', () => {
    const node = aNode('a', { availability: unknown() });
    expect([acceptsTasks(node), mustLeave(node)]).toEqual([false, false]);
    const plan = decideService(aSnapshot(service, [aTask()], [node]), { now: NOW, newId: countingIds() });
    expect(plan.changes).toEqual([]);
    const global = aService({ spec: { mode: { global: {} } } });
    const everywhere = decideService(aSnapshot(global, [], [node]), { now: NOW, newId: countingIds() });
    expect(everywhere.changes).toEqual([]);
  });

  it('a node in an unknown state takes nothing new, and its tasks are not given up', () => {
    const node = aNode('a', { state: unknown() });
    expect([isReady(node), acceptsTasks(node), isLost(node), mustLeave(node)]).toEqual([false, false, false, false]);
  });

  it('a node of unknown role is a worker', () => {
    expect(roleOf({ ...aNode('a'), spec: { name: '', labels: {}, availability: undefined, role: unknown() } })).toBe('worker');
  });

  it('a task that is to be something unknown is left as it is', () => {
    const task = aTask({ desired: unknown<TaskState>() });
    expect(isActive(task)).toBe(true);
    expect(decideService(aSnapshot(service, [task]), { now: NOW, newId: countingIds() }).changes).toEqual([]);
    for (const rank of [1, 600, UNKNOWN, -1]) expect(toGoal(rank as unknown as TaskState)).toBe('park');
  });

  it('a task in an unknown state has the place in life that its number says', () => {
    const decide = (state: number): unknown[] => {
      const task = aTask({ state: state as unknown as TaskState });
      return decideService(aSnapshot(service, [task]), { now: NOW, newId: countingIds() }).changes;
    };
    expect(observedState(aTask({ state: unknown() }))).toBe(UNKNOWN);
    expect(decide(500)).toEqual([]);
    expect(stateRank('hibernating' as TaskState)).toBe(0);
  });

  it('an update in an unknown state goes no further, and is not begun anew', () => {
    const updating = { ...service, updateStatus: UpdateStatus.fromPartial({ state: unknown() }) };
    expect([updateStateOf(updating), isPaused(updating), isUpdating(updating)]).toEqual(['paused', true, false]);
  });

  it.each([
    ['unless-told', 'none'],
    ['', 'any'],
    ['any', 'any'],
    ['on-failure', 'on-failure'],
    ['constructor', 'none'],
  ])('a restart condition %p is acted on as %s', (condition, acted) => {
    expect(restartConditionOf(RestartPolicy.fromPartial({ condition }))).toBe(acted);
  });

  it.each([
    [{ publishMode: 'ingress', protocol: 'tcp' }, true],
    [{ publishMode: '', protocol: '' }, true],
    [{ publishMode: 'host', protocol: 'tcp' }, false],
    [{ publishMode: 'all-the-world', protocol: 'tcp' }, false],
    [{ publishMode: 'ingress', protocol: 'quic; flush ruleset' }, false],
  ])('a port %p is published on every node: %s', (port, isPublished) => {
    expect(isIngressPort(PortConfig.fromPartial(port))).toBe(isPublished);
  });

  it('a way of ingress that is not known is one in which answers always find back', () => {
    expect(ingressModeOf(proto.NodeNetworking.fromPartial({ ingressMode: unknown() }))).toBe('masquerade');
    expect(ingressModeOf(undefined)).toBe('transparent');
  });

  it('a service of an unknown mode stays as it is', () => {
    const modeless = { ...service, spec: ServiceSpec.fromPartial({ ...service.spec, mode: {} }) };
    expect(decideService(aSnapshot(modeless, [aTask()]), { now: NOW, newId: countingIds() }).changes).toEqual([]);
  });

  it('assignments of an unknown kind are not applied', () => {
    const message = { type: unknown<dispatcher.Assignments_Type>(), appliesTo: 3, resultsIn: 4, update: [], remove: [] };
    expect(() => followSequence(3, dispatcher.Assignments.fromPartial(message))).toThrow(
      expect.objectContaining({ code: 'ABORTED' }),
    );
  });

  it('tables show it, as a number or by the name that a newer manager gives it', () => {
    const task = Task.fromJSON({ ID: 't', DesiredState: UNKNOWN, Status: { State: 'hibernating' } });
    const rows = [{ task, name: 'web.1', node: 'n1', isHistory: false }];
    expect(renderTable(taskColumns({ truncate: true, nowMs: NOW }), rows as never).join()).toMatch(/4711 .*Hibernating/);
    const node = Node.fromJSON({ ID: 'n', Spec: { Role: UNKNOWN, Availability: UNKNOWN }, Status: { State: UNKNOWN } });
    expect(renderTable(nodeColumns(''), [node]).join()).toMatch(/4711 +4711/);
    expect(NodeAvailability.active).toBe('active');
  });
});

describe('promise 9: a record that cannot be read', () => {
  const GARBAGE = Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x07, 1]);
  const put = (key: string, value: Uint8Array, modRevision = 2): StoreEvent => ({
    kind: 'put',
    stored: { key, value, createRevision: 1, modRevision },
  });
  const service = Service.encode(Service.fromPartial({ ...aService(), id: 's1' })).finish();

  it('is skipped, whatever it is: the view has everything else', () => {
    const anyKey = fc.constantFrom(
      ...[keys.service('x'), keys.task('x'), keys.taskStatus('x'), keys.node('x'), keys.nodeStatus('x'), keys.cluster],
      ...[keys.leader, keys.manager('x'), keys.network('x'), keys.secret('x'), keys.config('x'), keys.serviceUpdate('x')],
      ...[
        keys.serviceEndpoint('x'),
        keys.registryCredentials('x'),
        keys.serviceRebalance('x'),
        'published-ports/tcp/80',
        '',
        '/',
      ],
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(anyKey, fc.uint8Array({ maxLength: 40 }))), (records) => {
        const view = new ClusterCache();
        const events = records.map(([key, value]) => put(key, value));
        view.reset([], 1);
        view.apply({ revision: 2, events: [...events, put(keys.service('s1'), service)] });
        expect(view.service('s1')?.id).toBe('s1');
        expect(view.isUnreadable(keys.service('s1'))).toBe(false);
      }),
      RUNS,
    );
  });

  it('is counted until it is mended or gone', () => {
    const view = new ClusterCache();
    view.reset([], 1);
    view.apply({ revision: 2, events: [put(keys.service('s1'), GARBAGE), put(keys.task('t1'), GARBAGE)] });
    expect(view.unreadable()).toEqual([keys.service('s1'), keys.task('t1')]);
    view.apply({
      revision: 3,
      events: [put(keys.service('s1'), service), { kind: 'delete', key: keys.task('t1'), modRevision: 3 }],
    });
    expect(view.unreadable()).toEqual([]);
  });

  it('a service that cannot be read keeps its tasks', async () => {
    const task = Task.encode({ ...aTask(), id: 't1', serviceId: 's1' }).finish();
    const view = new ClusterCache();
    const events = [put(keys.service('s1'), GARBAGE), put(keys.task('t1'), task)];
    view.reset(
      events.flatMap((event) => (event.kind === 'put' ? [event.stored] : [])),
      2,
    );
    const written: unknown[] = [];
    const term = {
      number: 1,
      maxWrites: 127,
      commit: (_: unknown, writes: unknown[]) => Promise.resolve(written.push(...writes)),
    } as unknown as LeaderTerm;
    const reconciler = new ServiceReconciler(view, createLogger('test', 'silent'), { transactionWrites: () => undefined });
    expect(await reconciler.reconcile([...reconciler.allKeys()], term)).toMatchObject({ failed: [] });
    expect(written).toEqual([]);
  });

  it('of the leader ends the term of whoever led: nobody can commit under it any more', () => {
    const view = new ClusterCache();
    view.reset([], 1);
    view.apply({
      revision: 2,
      events: [put(keys.leader, proto.LeaderRecord.encode({ managerId: 'm', electedAt: '' }).finish())],
    });
    expect(view.apply({ revision: 3, events: [put(keys.leader, GARBAGE, 3)] })).toContainEqual({ kind: 'leader' });
    expect(view.leader()).toBeUndefined();
  });

  it('is told by /readyz, which stays ready', async () => {
    const scenario = await ApiScenario.start();
    try {
      await scenario.store.commit([], [{ kind: 'put', key: keys.task('t1'), value: GARBAGE }]);
      await eventually(
        async () => {
          expect(await scenario.get('/readyz')).toMatchObject({
            status: 200,
            json: { status: 'ready', reasons: [], warnings: ['the stored record tasks/t1 cannot be read'] },
          });
        },
        { reason: 'the view has seen the record' },
      );
    } finally {
      await scenario.stop();
    }
  });

  it('statuses that cannot be read leave the task as its own record says', () => {
    const view = new ClusterCache();
    view.reset([], 1);
    const task = Task.encode({ ...aTask(), id: 't1', status: TaskStatus.fromPartial({ state: TaskState.assigned }) }).finish();
    view.apply({ revision: 2, events: [put(keys.task('t1'), task), put(keys.taskStatus('t1'), GARBAGE)] });
    expect(view.task('t1')?.status?.state).toBe('assigned');
  });
});
