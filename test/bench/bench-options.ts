import { parseArgs } from 'node:util';

/**
 * Whole numbers from the command line, as `--replicas 6`, for a shorter run; defaults make the run that is reported.
 * @throws Error for an unknown option, or one that is not a whole number of at least 1
 */
export function readCounts<K extends string>(defaults: Readonly<Record<K, number>>, argv: readonly string[]): Record<K, number> {
  const names = Object.keys(defaults) as K[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ args: [...argv], options, strict: true });
  const entries = names.map((name) => {
    const given = values[name];
    const count = given === undefined ? defaults[name] : Number(given);
    if (!Number.isInteger(count) || count < 1) throw new Error(`--${name} ${String(given)}: use a whole number of at least 1`);
    return [name, count] as const;
  });
  return Object.fromEntries(entries) as Record<K, number>;
}
