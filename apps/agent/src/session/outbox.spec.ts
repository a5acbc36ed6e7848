import fc from 'fast-check';
import type { AgentMessage, TaskObservation } from '#common/dispatcher-proto';
import { StatusReporter } from '../worker/status-reporter';
import { Outbox } from './outbox';

const HELLO = { nodeId: 'n', description: undefined, advertiseAddress: '10.0.0.1', availability: '' };
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A stream that takes a message only when told. */
class SlowLine {
  readonly messages: AgentMessage[] = [];
  private written: ((error?: Error) => void) | undefined;

  readonly write = (message: AgentMessage, written: (error?: Error) => void): void => {
    expect(this.written).toBeUndefined();
    this.messages.push(message);
    this.written = written;
  };

  drain(error?: Error): void {
    const written = this.written;
    this.written = undefined;
    written?.(error);
  }
}

function anOutbox() {
  const line = new SlowLine();
  const statuses = new StatusReporter();
  const outbox = new Outbox(line.write, statuses, (error) => {
    throw error;
  });
  statuses.onUnsent(() => outbox.sendStatuses());
  const report = (taskId: string, timestamp = '') =>
    statuses.report(taskId, {
      timestamp,
      state: undefined,
      message: '',
      err: '',
      containerStatus: undefined,
      portStatus: undefined,
    });
  return { line, outbox, report };
}

const observations = (messages: AgentMessage[]): TaskObservation[] =>
  messages.flatMap((message) => message.statuses?.observations ?? []);

it('says hello before anything else', async () => {
  const { line, outbox, report } = anOutbox();
  report('a');
  outbox.sendHeartbeat({ engineError: '' });
  outbox.sendHello(HELLO);
  await turn();
  expect(line.messages).toEqual([{ hello: HELLO }]);
});

it('sends at once on an idle line, what happened in one turn in one message', async () => {
  const { line, report } = anOutbox();
  report('a');
  report('b');
  await turn();
  expect(observations(line.messages).map(({ taskId }) => taskId)).toEqual(['a', 'b']);
  expect(line.messages).toHaveLength(1);
});

it('collects while a message is on its way', async () => {
  const { line, outbox, report } = anOutbox();
  report('a', '1');
  await turn();
  report('a', '2');
  report('b', '3');
  report('a', '4');
  outbox.sendHeartbeat({ engineError: 'away' });
  outbox.sendHeartbeat({ engineError: '' });
  await turn();
  expect(line.messages).toHaveLength(1);
  line.drain();
  line.drain();
  expect(line.messages.slice(1)).toMatchObject([
    { heartbeat: { engineError: '' } },
    { statuses: { observations: [{ taskId: 'a', status: { timestamp: '4' } }, { taskId: 'b' }] } },
  ]);
});

it('sends nothing more on a broken line', async () => {
  const { line, report } = anOutbox();
  report('a');
  await turn();
  report('b');
  line.drain(new Error('broken'));
  await turn();
  expect(line.messages).toHaveLength(1);
});

it('however slow the line is, the manager ends up with the newest status of every task, and each in order', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constantFrom('a', 'b'), fc.constant('drain'), fc.constant('turn')), { maxLength: 30 }),
      async (moves) => {
        const { line, report } = anOutbox();
        const newest = new Map<string, string>();
        for (const [index, move] of moves.entries()) {
          if (move === 'turn') await turn();
          else if (move === 'drain') line.drain();
          else {
            report(move, String(index));
            newest.set(move, String(index));
          }
        }
        for (let round = 0; round < 2; round++) {
          await turn();
          line.drain();
        }
        const arrived = new Map<string, string>();
        for (const { taskId, status } of observations(line.messages)) {
          expect(Number(status?.timestamp)).toBeGreaterThan(Number(arrived.get(taskId) ?? -1));
          arrived.set(taskId, status?.timestamp ?? '');
        }
        expect(arrived).toEqual(newest);
      },
    ),
  ));
