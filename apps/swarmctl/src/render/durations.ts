const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
const MONTH_MS = 30 * DAY_MS;
const YEAR_MS = 365 * DAY_MS;

// From the shortest: up to which age a unit is used.
const STEPS: readonly { below: number; unit: number; name: string }[] = [
  { below: MINUTE_MS, unit: SECOND_MS, name: 'second' },
  { below: HOUR_MS, unit: MINUTE_MS, name: 'minute' },
  { below: 2 * DAY_MS, unit: HOUR_MS, name: 'hour' },
  { below: 2 * WEEK_MS, unit: DAY_MS, name: 'day' },
  { below: 2 * MONTH_MS, unit: WEEK_MS, name: 'week' },
  { below: 2 * YEAR_MS, unit: MONTH_MS, name: 'month' },
  { below: Infinity, unit: YEAR_MS, name: 'year' },
];

/** A span of time in words, to the nearest unit below: `5 minutes`, `about an hour`. */
export function spanInWords(ms: number): string {
  if (ms < SECOND_MS) return 'less than a second';
  const step = STEPS.find(({ below }) => ms < below);
  const count = Math.floor(ms / (step?.unit ?? YEAR_MS));
  if (count === 1 && step?.name === 'minute') return 'about a minute';
  if (count === 1 && step?.name === 'hour') return 'about an hour';
  return `${count} ${step?.name}${count === 1 ? '' : 's'}`;
}

/** How long ago a time of the API was; empty when there is none. Clocks may differ: what lies ahead counts as now. */
export function ago(timestamp: string, nowMs: number): string {
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? '' : `${spanInWords(Math.max(0, nowMs - time))} ago`;
}

const GO_UNITS: readonly [nanos: number, unit: string][] = [
  [3600e9, 'h'],
  [60e9, 'm'],
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'us'],
  [1, 'ns'],
];

/** Nanoseconds in the notation that the flags take: `1m30s`, `500ms`, `0s`. */
export function renderDuration(nanos: number): string {
  let rest = nanos;
  const parts = GO_UNITS.map(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('') || '0s';
}
