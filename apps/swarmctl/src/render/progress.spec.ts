import { createColors } from 'picocolors';
import { TaskState } from '#common/domain';
import type { PlaceProgress, Progress } from '../progress/decide-progress';
import type { WaitStep } from '../progress/decide-wait';
import { TestScreen } from '../testing/test-session';
import { LineDisplay, LiveDisplay } from './progress-display';
import { renderLive, renderOutcome, renderOverall, type ProgressView } from './progress';

const NO_COLORS = createColors(false);

const aPlace = (place: string, parts: Partial<PlaceProgress> = {}): PlaceProgress => ({
  place,
  state: TaskState.preparing,
  isDone: false,
  isGivenUp: false,
  reason: '',
  sinceMs: 0,
  ...parts,
});
const running = (place: string): PlaceProgress => aPlace(place, { state: TaskState.running, isDone: true });

function aView(parts: Partial<Progress> = {}, step: WaitStep = { kind: 'wait' }, note = ''): ProgressView {
  const none: Progress = {
    done: 0,
    desired: 3,
    isJob: false,
    places: [],
    converged: false,
    isExhausted: false,
    rollout: 'forward',
    message: '',
  };
  return { service: 'web', progress: { ...none, ...parts }, step, note };
}

it.each([
  [aView({ done: 1 }), 'web: 1/3 running'],
  [aView({ done: 1, isJob: true }), 'web: 1/3 completed'],
  [aView({ desired: 0 }), 'web: no node has a task yet'],
  [aView({ done: 3, converged: true }, { kind: 'wait', stableInMs: 4200 }), 'web: 3/3 running, stable in 5s'],
  [aView({ done: 1, rollout: 'rolling-back' }), 'web: rolling back, 1/3 running'],
  [aView({ done: 3, rollout: 'rolled-back' }), 'web: rolled back, 3/3 running'],
  [aView({}, { kind: 'wait' }, 'trying again'), 'web: 0/3 running (trying again)'],
])('the overall line %#', (view, line) => expect(renderOverall(view)).toBe(line));

describe('the live display', () => {
  it('has a line for each place, with reasons and, when it takes long, the time', () => {
    const places = [running('1'), aPlace('2', { reason: 'No such image\u001b[2J' }), aPlace('3', { sinceMs: 65_000 })];
    expect(renderLive(aView({ done: 1, places }), 80, NO_COLORS)).toEqual([
      'web: 1/3 running',
      '  web.1 running',
      '  web.2 preparing: No such image',
      '  web.3 preparing for about a minute',
    ]);
  });

  it('keeps to the width of the terminal', () => {
    const lines = renderLive(aView({ places: [aPlace('1', { reason: 'x'.repeat(200) })] }), 30, NO_COLORS);
    expect(lines.map((line) => line.length)).toEqual([16, 30]);
    expect(lines[1]).toMatch(/…$/);
  });

  it('shows at most twenty places, those that are not done first', () => {
    const places = [...Array.from({ length: 24 }, (_, index) => running(String(index + 1))), aPlace('25')];
    const lines = renderLive(aView({ places }), 80, NO_COLORS);
    expect(lines).toHaveLength(22);
    expect(lines[1]).toBe('  web.25 preparing');
    expect(lines.at(-1)).toBe('  and 5 more');
  });

  it('is drawn in place, and not at all when nothing changed', () => {
    const screen = new TestScreen(true);
    const display = new LiveDisplay(screen, NO_COLORS);
    display.show(aView({ places: [aPlace('1')] }));
    expect(screen.text).toBe('\u001b[2Kweb: 0/3 running\n\u001b[2K  web.1 preparing\n');
    screen.text = '';
    display.show(aView({ places: [aPlace('1')] }));
    expect(screen.text).toBe('');
    display.show(aView({ done: 1, places: [] }));
    expect(screen.text).toBe('\u001b[2A\u001b[2Kweb: 1/3 running\n\u001b[2K\n');
  });
});

describe('the display without a terminal', () => {
  it('is a line for each thing that changed', () => {
    const screen = new TestScreen();
    const display = new LineDisplay(screen);
    const failing = aPlace('2', { reason: 'No such image', sinceMs: 5000 });
    display.show(aView({ places: [aPlace('1'), failing] }));
    display.show(aView({ places: [aPlace('1'), { ...failing, sinceMs: 9000 }] }));
    display.show(aView({ done: 1, places: [running('1'), aPlace('2')] }));
    display.show(aView({ done: 1, places: [running('1'), failing] }));
    display.show(aView({ done: 3, converged: true }, { kind: 'wait', stableInMs: 5000 }));
    display.show(aView({ done: 3, converged: true }, { kind: 'wait', stableInMs: 4000 }));
    expect(screen.text.split('\n')).toEqual([
      'web: 0/3 running',
      'web.2 preparing: No such image',
      'web: 1/3 running',
      'web: 3/3 running, making sure that it stays so',
      '',
    ]);
  });
});

it.each([
  ['converged', 'web: converged, 3/3 running'],
  ['complete', 'web: job complete, 3/3 completed'],
  ['exhausted', 'web: job failed, 3/3 completed; see why: swarmctl service ps web'],
  ['paused', 'web: the update was paused: why'],
  ['rollback-paused', 'web: the rollback was paused: why'],
  ['rolled-back', 'web: the update failed and was rolled back: why'],
] as const)('the outcome %s', (outcome, line) =>
  expect(renderOutcome(outcome, aView({ done: 3 }), { message: 'why', task: '' })).toBe(line),
);

it.each([
  { message: '', task: '', line: 'web: the update was paused' },
  {
    message: 'update paused due to failure or early termination of task x',
    task: 'web.3 on n2 failed: boom',
    line: 'web: the update was paused due to failure or early termination of task x: web.3 on n2 failed: boom',
  },
  { message: 'boom\u001b[31m', task: '', line: 'web: the update was paused: boom' },
])('says once that it was stopped, and why: $line', ({ line, ...cause }) => {
  expect(renderOutcome('paused', aView({}), cause)).toBe(line);
});
