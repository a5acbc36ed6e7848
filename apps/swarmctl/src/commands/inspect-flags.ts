import { EXIT, type ExitCode } from '../exit-codes';
import { one, toggle, type FlagValues } from '../flags/flag';
import { oneOf } from '../flags/values/text';
import type { Fetched } from '../manager-api';
import { renderDetails, type Detail } from '../render/table';
import type { Session } from '../session';
import { forEach } from './for-each';
import { printJsonList, printLines } from './print';

/** Flags of every inspect. */
export const INSPECT_FLAGS = {
  pretty: toggle('Show what matters, for people'),
  format: one(oneOf('json', 'table'), "json: the API's own objects as one array; table: the same as --pretty", { unset: 'json' }),
} as const;

export type InspectFlags = FlagValues<typeof INSPECT_FLAGS>;

/** Whether the objects are to be shown for people. */
export function isPretty({ pretty, format }: InspectFlags): boolean {
  return pretty === true || format === 'table';
}

/** How objects of one kind are found and described. */
export interface Inspection<T> {
  readonly find: (reference: string) => Promise<Fetched<T>>;
  readonly describe: (object: T) => Detail[];
}

/** Writes the objects that are found, whether or not all are; the exit code is that of the first that is not. */
export async function inspectAll<T>(
  session: Session,
  references: readonly string[],
  flags: InspectFlags,
  { find, describe }: Inspection<T>,
): Promise<ExitCode> {
  const found: Fetched<T>[] = [];
  const code = await forEach(session, references, async (reference) => {
    found.push(await find(reference));
    return EXIT.ok;
  });
  if (!isPretty(flags)) printJsonList(session.stdout, found);
  else
    printLines(
      session.stdout,
      found.flatMap(({ object }, index) => [...(index > 0 ? [''] : []), ...renderDetails(describe(object))]),
    );
  return code;
}
