import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { credentials, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import fc from 'fast-check';
import { applyNetworkChanges, NO_NETWORKS } from '../../apps/agent/src/network/network-state';
import { toWireguardConfig } from '../../apps/agent/src/network/wireguard/wireguard-config';
import { aTask } from '../../apps/manager/src/testing/builders';
import { DispatcherClient, type AgentMessage, type ManagerMessage } from '#common/dispatcher-proto';
import { requireCommandText, TaskState } from '#common/domain';
import { newId } from '#common/identity';
import { createLogger } from '#common/logging';
import { Task } from '#common/proto';
import { keys } from '#common/store';
import { eventually } from '#common/testing';
import { anAgentMessage, aPicture } from './agent-messages';
import { freePort } from '../../apps/agent/src/dns/testing/asking';
import { FakeDispatcher } from './fake-dispatcher';
import { FakeHost } from './fake-host';

const RUNS = Number(process.env.SECURITY_RUNS ?? 500);
const HOST = { nodeId: newId(), address: '10.77.0.11' };
const PRIVATE_KEY = `${'A'.repeat(42)}E=`;
const MOST_GROWTH = 50 * 1024 * 1024;
const logger = createLogger('test', 'silent');

/** Memory that is still in use. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('promise 6: what managers tell of networks becomes commands of known characters, whatever it is', () => {
  it(`of ${RUNS} pictures no byte outside its alphabet reaches a tool, and no pass throws`, async () => {
    const host = await FakeHost.start(HOST, logger);
    const before = heap();
    await fc.assert(
      fc.asyncProperty(aPicture(HOST.nodeId), fc.nat(9), async (changes, refusing) => {
        // Whatever the kernel refuses, the rest is tried.
        host.commands.refuses = ({ args }) => refusing > 7 && args.includes('-batch');
        const state = applyNetworkChanges(NO_NETWORKS, changes);
        const { problems } = await host.pass(state);
        for (const { tool, args, input } of host.commands.runs) requireCommandText(tool, args, input);
        requireCommandText('wg', [], toWireguardConfig(PRIVATE_KEY, state, HOST));
        for (const { problem } of problems)
          expect(problem).not.toMatch(/is not (a function|iterable)|cannot (read|convert)|may not: /i);
      }),
      { numRuns: RUNS },
    );
    await host.stop();
    expect(heap() - before).toBeLessThan(MOST_GROWTH);
  }, 900_000);
});

describe('promise 8: what agents say is refused with a reason, or is of known characters and sizes', () => {
  let dispatcher: FakeDispatcher;
  let address: string;
  const nodeId = newId();
  const tasks = Array.from({ length: 3 }, () => newId());
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);

  beforeAll(async () => {
    process.on('unhandledRejection', note);
    address = `127.0.0.1:${await freePort()}`;
    dispatcher = await FakeDispatcher.start(address);
    const placed = tasks.map((id) => aTask({ id, nodeId, state: TaskState.assigned }));
    await dispatcher.store.commit(
      [],
      placed.map((task) => ({ kind: 'put' as const, key: keys.task(task.id), value: Task.encode(task).finish() })),
    );
  });
  afterAll(async () => {
    await dispatcher.stop();
    process.off('unhandledRejection', note);
  });

  it(`of ${RUNS} streams none ends the manager, and nothing is kept that cannot be`, async () => {
    const before = heap();
    let welcomed = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anAgentMessage(nodeId, tasks), { minLength: 1, maxLength: 4 }), async (messages) => {
        // A connection of its own: one that only makes useless calls is cut off.
        const client = new DispatcherClient(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
        const end = await converse(client.session(), messages);
        client.close();
        if (end?.details) refused++;
        else welcomed++;
        // A refusal has a reason in words, and is no accident of the manager.
        if (end && end.code !== 1) expect(end.details).toMatch(/^[a-z].*: |address|cluster|hello/s);
      }),
      { numRuns: RUNS },
    );
    expect(unhandled).toEqual([]);
    expect(Math.min(welcomed, refused)).toBeGreaterThan(RUNS / 50);
    const { store } = dispatcher;
    for (const node of store.view.nodes()) {
      expect(node.id).toMatch(/^[0-9a-z]{25}$/);
      expect(node.status?.addr).toMatch(/^[0-9a-f.:]+$/);
      expect(node.description?.hostname ?? 'none').toMatch(/^[A-Za-z0-9._-]{1,253}$/);
      expect(node.description?.networking?.wireguardKey ?? '').toMatch(/^([A-Za-z0-9+/]{43}=)?$/);
      expect(JSON.stringify(node.description ?? {}).length).toBeLessThan(64 * 1024);
    }
    for (const task of store.view.tasks()) {
      expect(task.status?.containerStatus?.containerId ?? '').toMatch(/^([0-9a-f]{64})?$/);
      expect(Buffer.byteLength(task.status?.err ?? '')).toBeLessThanOrEqual(4_096);
      expect(Date.parse(task.status?.timestamp || '2026-01-01T00:00:00Z')).toBeLessThan(Date.now() + 120_000);
    }
    expect(heap() - before).toBeLessThan(MOST_GROWTH);
    await eventually(() => store.isSynced(), { reason: 'the manager goes on' });
  }, 900_000);
});

/** Says it all, and hangs up once the manager has answered. @returns the error that the manager ended the stream with */
function converse(
  stream: ClientDuplexStream<AgentMessage, ManagerMessage>,
  messages: readonly AgentMessage[],
): Promise<ServiceError | undefined> {
  return new Promise((resolve) => {
    let error: ServiceError | undefined;
    stream.on('data', () => undefined);
    stream.on('error', (cause: ServiceError) => (error = cause));
    stream.on('status', () => resolve(error));
    for (const message of messages) stream.write(message);
    stream.end();
  });
}
