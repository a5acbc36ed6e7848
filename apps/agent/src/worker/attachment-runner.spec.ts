import { TaskState } from '#common/domain';
import { DomainError } from '#common/errors';
import { createLogger } from '#common/logging';
import { Task, type TaskStatus } from '#common/proto';
import { eventually } from '#common/testing';
import type { AttachedContainer } from '../executor/attached-containers';
import { AttachmentRunner } from './attachment-runner';
import { StatusReporter } from './status-reporter';

const PLACE = {
  engineNetwork: 'net-1',
  address: '10.1.0.5',
  mac: '02:42:0a:01:00:05',
  gateway: '10.1.0.1',
  isDefaultRoute: false,
};

function anAttachment(fields: { containerId?: string; desiredState?: TaskState } = {}): Task {
  const { containerId = '', desiredState = TaskState.running } = fields;
  return Task.fromPartial({
    id: 'a',
    desiredState,
    spec: { networkAttachmentSpec: { containerId } },
    status: { state: TaskState.assigned },
    networksAttachments: [{ network: { id: 'lan' }, addresses: ['10.1.0.5/24'] }],
  });
}

/** A runner on an engine that says what the test says. */
class Bench {
  container: AttachedContainer | undefined;
  started = 0;
  nowMs = 0;
  readonly heard: TaskStatus[] = [];
  private readonly statuses = new StatusReporter(0);
  readonly runner: AttachmentRunner;
  private readonly running: Promise<void>;

  constructor(
    task: Task,
    public networkProblem?: string,
  ) {
    this.statuses.onUnsent(() => {
      for (const { status } of this.statuses.take()) if (status) this.heard.push(status);
    });
    this.runner = new AttachmentRunner(task, {
      networks: {
        attach: () =>
          this.networkProblem === undefined
            ? Promise.resolve([PLACE])
            : Promise.reject(new DomainError('UNAVAILABLE', this.networkProblem)),
        started: () => (this.started += 1),
        isCalled: () => false,
      },
      containers: { find: () => Promise.resolve(this.container) },
      statuses: this.statuses,
      now: () => new Date(0),
      monotonicMs: () => this.nowMs,
      logger: createLogger('agent', 'silent'),
    });
    this.running = this.runner.run();
  }

  /** Lets the runner look now rather than later, until it reports this state. */
  until(state: TaskState, message?: string): Promise<void> {
    return eventually(
      () => {
        this.runner.retryNow();
        expect(this.heard.at(-1)).toMatchObject({ state, ...(message === undefined ? {} : { message }) });
      },
      { reason: `the place is ${state}` },
    );
  }

  async end(): Promise<void> {
    this.runner.forget();
    await this.running;
  }
}

const there = (isRunning: boolean, networks = ['bridge', 'net-1']): AttachedContainer => ({ isRunning, networks });

it('has the network made, and says how the engine is to be told of the place', async () => {
  const bench = new Bench(anAttachment());
  await bench.until(TaskState.running, 'attached');
  expect(bench.heard.at(-1)?.engineEndpoints?.list).toEqual([
    { networkId: 'lan', engineNetwork: 'net-1', address: '10.1.0.5', ipv6Address: '', mac: PLACE.mac, gateway: '10.1.0.1' },
  ]);
  await bench.end();
});

it('says why the network cannot be had, and goes on trying', async () => {
  const bench = new Bench(anAttachment(), 'no manager has told of it');
  await eventually(() => expect(bench.heard.at(-1)?.err).toBe('no manager has told of it'), { reason: 'it says why' });
  bench.networkProblem = undefined;
  await bench.until(TaskState.running);
  await bench.end();
});

it('keeps the place while the container is on the network, running or not', async () => {
  const bench = new Bench(anAttachment({ containerId: 'c' }));
  bench.container = there(false);
  await bench.until(TaskState.running);
  bench.container = there(true);
  await eventually(
    () => {
      bench.runner.retryNow();
      expect(bench.started).toBe(1);
    },
    { reason: 'it is noticed that the container runs' },
  );
  expect(bench.heard).toHaveLength(1);
  bench.container = there(true, ['bridge']);
  await bench.until(TaskState.complete, 'the container has left the network');
  await bench.end();
});

it('ends when the container is gone', async () => {
  const bench = new Bench(anAttachment({ containerId: 'c' }));
  await bench.until(TaskState.complete, 'the container is gone');
  await bench.end();
});

it('gives a place back that nobody takes', async () => {
  const bench = new Bench(anAttachment());
  await bench.until(TaskState.running);
  bench.nowMs = 61_000;
  await bench.until(TaskState.complete, 'no container took the place');
  await bench.end();
});

it('ends when it is not wanted any more', async () => {
  const bench = new Bench(anAttachment());
  await bench.until(TaskState.running);
  bench.runner.assign(anAttachment({ desiredState: TaskState.remove }));
  await bench.until(TaskState.shutdown);
  await bench.end();
});
