/** Minimum, median and maximum, in the unit of the samples. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

/** @param samples at least one */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { min: at(0), median, max: at(sorted.length - 1) };
}

/** One line of a report: `what: median 12.3 ms (10.1 – 15.0, 9 runs)`. */
export function reportLine(what: string, samples: readonly number[], unit = 'ms'): string {
  const { min, median, max } = spreadOf(samples);
  const text = (value: number): string => value.toFixed(unit === '×' ? 2 : 1);
  return `${what}: median ${text(median)} ${unit} (${text(min)} – ${text(max)}, ${samples.length} runs)`;
}

/** One line of a verdict against a target. */
export function verdictLine(what: string, value: number, target: number, unit: string): string {
  const verdict = value <= target ? 'met' : 'MISSED';
  return `target ${what} ≤ ${target} ${unit}: ${value.toFixed(2)} ${unit}, ${verdict}`;
}
