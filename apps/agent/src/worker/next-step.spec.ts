import fc from 'fast-check';
import { isTerminal, stateRank, TaskState } from '#common/domain';
import { aContainer } from '../testing/a-container';
import { nextStep, toGoal, type ContainerView, type Goal, type Observed, type Step } from './next-step';

const created = aContainer({ phase: 'created', pid: 0 });
const running = aContainer();
const starting = aContainer({ health: 'starting' });
const exited = (exitCode: number, traits = {}) => aContainer({ phase: 'exited', pid: 0, exitCode, ...traits });
const S = TaskState;

interface Case {
  name: string;
  state: TaskState;
  container: ContainerView;
  unhealthy?: boolean;
  restart?: Observed['restart'];
  step: Step;
}
const stepOf = ({ state, container, unhealthy = false, restart = 'no' }: Case, goal: Goal) =>
  nextStep({ state, container, unhealthy, restart }, goal);
const reports = (state: TaskState, err?: string): Step => ({ kind: 'report', state, err });

describe('a task that is to run', () => {
  const cases: Case[] = [
    { name: 'is looked for before anything is done', state: S.running, container: 'unknown', step: { kind: 'look' } },
    { name: 'is accepted first', state: S.assigned, container: 'absent', step: reports(S.accepted) },
    { name: 'says that it is being prepared', state: S.accepted, container: 'absent', step: reports(S.preparing) },
    { name: 'gets its container', state: S.preparing, container: 'absent', step: { kind: 'prepare' } },
    { name: 'is ready once the container is there', state: S.preparing, container: created, step: reports(S.ready) },
    { name: 'says that it starts', state: S.ready, container: created, step: reports(S.starting) },
    { name: 'starts', state: S.starting, container: created, step: { kind: 'start' } },
    {
      name: 'gets a new container when the parked one was pruned',
      state: S.ready,
      container: 'absent',
      step: { kind: 'prepare' },
    },
    { name: 'runs', state: S.starting, container: running, step: reports(S.running) },
    { name: 'runs on', state: S.running, container: running, step: { kind: 'pause' } },
    { name: 'is not running before its first good check', state: S.starting, container: starting, step: { kind: 'pause' } },
    { name: 'stays running when a check starts over', state: S.running, container: starting, step: { kind: 'pause' } },
    { name: 'is ended when its check fails', state: S.running, container: running, unhealthy: true, step: { kind: 'stop' } },
    {
      name: 'failed when it was ended for its check',
      state: S.running,
      container: exited(0),
      unhealthy: true,
      step: reports(S.failed, 'unhealthy container'),
    },
    { name: 'is complete when it ends well', state: S.running, container: exited(0), step: reports(S.complete) },
    {
      name: 'failed when it ends badly',
      state: S.running,
      container: exited(137),
      step: reports(S.failed, 'task: non-zero exit (137)'),
    },
    {
      name: 'failed with the cause when the engine names one',
      state: S.running,
      container: exited(128, { error: 'no space' }),
      step: reports(S.failed, 'task: non-zero exit (128): no space'),
    },
    {
      name: 'failed for want of memory',
      state: S.running,
      container: exited(137, { outOfMemory: true }),
      step: reports(S.failed, 'task: non-zero exit (137): out of memory'),
    },
    {
      name: 'failed when its container is gone',
      state: S.running,
      container: 'absent',
      step: reports(S.failed, 'the container is gone from the engine'),
    },
    {
      name: 'is told apart from its old state after a restart of the agent',
      state: S.assigned,
      container: exited(3),
      step: reports(S.accepted),
    },
    {
      name: 'is started again while no manager can be told',
      state: S.running,
      container: exited(1),
      restart: 'now',
      step: { kind: 'start' },
    },
    {
      name: 'is started again after its delay when it was ended for its check',
      state: S.running,
      container: exited(0),
      unhealthy: true,
      restart: 'later',
      step: { kind: 'pause' },
    },
    { name: 'does not run again once it has ended', state: S.failed, container: created, step: { kind: 'pause' } },
    { name: 'is ended when somebody started it after its end', state: S.complete, container: running, step: { kind: 'stop' } },
  ];
  it.each(cases)('$name', (given) => expect(stepOf(given, 'run')).toEqual(given.step));
});

describe('a task that is to be parked', () => {
  const cases: Case[] = [
    { name: 'gets its container', state: S.preparing, container: 'absent', step: { kind: 'prepare' } },
    { name: 'is ready', state: S.preparing, container: created, step: reports(S.ready) },
    { name: 'is not started', state: S.ready, container: created, step: { kind: 'pause' } },
  ];
  it.each(cases)('$name', (given) => expect(stepOf(given, 'park')).toEqual(given.step));
});

describe('a task that is to stop', () => {
  const cases: Case[] = [
    { name: 'is looked for', state: S.running, container: 'unknown', step: { kind: 'look' } },
    { name: 'is ended', state: S.running, container: running, step: { kind: 'stop' } },
    { name: 'is shut down', state: S.running, container: exited(143), step: reports(S.shutdown) },
    { name: 'is shut down before it was prepared', state: S.accepted, container: 'absent', step: reports(S.shutdown) },
    { name: 'keeps its container', state: S.shutdown, container: exited(143), step: { kind: 'pause' } },
    { name: 'keeps the state in which it ended by itself', state: S.failed, container: exited(1), step: { kind: 'pause' } },
  ];
  it.each(cases)('$name', (given) => expect(stepOf(given, 'stop')).toEqual(given.step));
});

describe('a task that is to be removed', () => {
  const cases: Case[] = [
    { name: 'is ended', state: S.running, container: running, step: { kind: 'stop' } },
    { name: 'is shut down before its container goes', state: S.running, container: exited(143), step: reports(S.shutdown) },
    { name: 'loses its container', state: S.shutdown, container: exited(143), step: { kind: 'remove' } },
    { name: 'waits to be forgotten', state: S.shutdown, container: 'absent', step: { kind: 'pause' } },
  ];
  it.each(cases)('$name', (given) => expect(stepOf(given, 'remove')).toEqual(given.step));
});

describe('a forgotten task', () => {
  const cases: Case[] = [
    { name: 'is ended', state: S.running, container: running, step: { kind: 'stop' } },
    { name: 'loses its container, and nobody is told', state: S.running, container: exited(143), step: { kind: 'remove' } },
    { name: 'loses a container that never ran', state: S.ready, container: created, step: { kind: 'remove' } },
    { name: 'is over', state: S.running, container: 'absent', step: { kind: 'end' } },
  ];
  it.each(cases)('$name', (given) => expect(stepOf(given, 'forget')).toEqual(given.step));
});

describe('the desired state', () => {
  it.each<[TaskState, Goal]>([
    [S.ready, 'park'],
    [S.running, 'run'],
    [S.complete, 'run'],
    [S.shutdown, 'stop'],
    [S.failed, 'stop'],
    [S.remove, 'remove'],
  ])('%s means to %s', (desired, goal) => expect(toGoal(desired)).toBe(goal));
});

/** What a well-behaved engine makes of a step. */
function afterStep(observed: Observed, step: Step, actual: ContainerView): Observed {
  switch (step.kind) {
    case 'look':
      return { ...observed, container: actual };
    case 'prepare':
      return { ...observed, container: created };
    case 'start':
      // A new run: what its container was before does not matter any more.
      return { ...observed, container: running, unhealthy: false, restart: 'no' };
    case 'stop':
      return { ...observed, container: exited(143) };
    case 'remove':
      return { ...observed, container: 'absent' };
    case 'report':
      return { ...observed, state: step.state };
    case 'pause':
    case 'end':
      return observed;
  }
}

describe('from whatever is observed', () => {
  const anyView = fc.oneof(
    fc.constant('absent' as const),
    fc
      .record({
        phase: fc.constantFrom('created' as const, 'running' as const, 'exited' as const),
        health: fc.constantFrom('none' as const, 'starting' as const, 'healthy' as const, 'unhealthy' as const),
        exitCode: fc.integer({ min: 0, max: 255 }),
      })
      .map((traits) => aContainer(traits)),
  );
  const anyState = fc.constantFrom(...Object.values(TaskState));
  const anyGoal = fc.constantFrom<Goal>('run', 'park', 'stop', 'remove', 'forget');
  const anyRestart = fc.constantFrom<Observed['restart']>('no', 'later', 'now');
  const anySituation = { state: anyState, actual: anyView, unhealthy: fc.boolean(), restart: anyRestart, goal: anyGoal };
  interface Situation extends Omit<Observed, 'container'> {
    readonly actual: ContainerView;
    readonly goal: Goal;
  }
  // Look, five reports, prepare, start, stop, remove: more would be a circle.
  const MOST_STEPS = 10;

  function walk({ actual, goal, ...rest }: Situation): { steps: Step[]; last: Observed } {
    let observed: Observed = { ...rest, container: 'unknown' };
    const steps: Step[] = [];
    for (;;) {
      const step = nextStep(observed, goal);
      steps.push(step);
      if (step.kind === 'pause' || step.kind === 'end' || steps.length > MOST_STEPS) return { steps, last: observed };
      observed = afterStep(observed, step, actual);
    }
  }

  it('a few steps lead to rest', () =>
    fc.assert(fc.property(fc.record(anySituation), (situation) => walk(situation).steps.length <= MOST_STEPS)));

  it('reported states only move forward, and never from an end', () =>
    fc.assert(
      fc.property(fc.record(anySituation), (situation) => {
        let state = situation.state;
        for (const step of walk(situation).steps) {
          if (step.kind !== 'report') continue;
          expect(isTerminal(state)).toBe(false);
          expect(stateRank(step.state)).toBeGreaterThan(stateRank(state));
          state = step.state;
        }
      }),
    ));

  it('a task that has ended is never prepared or started', () =>
    fc.assert(
      fc.property(fc.record(anySituation), (situation) => {
        fc.pre(isTerminal(situation.state));
        for (const { kind } of walk(situation).steps) expect(['prepare', 'start']).not.toContain(kind);
      }),
    ));

  it('at rest nothing runs that should not', () =>
    fc.assert(
      fc.property(fc.record({ ...anySituation, goal: fc.constantFrom<Goal>('stop', 'remove', 'forget') }), (situation) => {
        const { container } = walk(situation).last;
        expect(typeof container === 'object' && container.phase === 'running').toBe(false);
      }),
    ));
});
