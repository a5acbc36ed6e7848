import { isTemplate } from '#common/template';
import { EXIT, type ExitCode } from '../exit-codes';
import { one, toggle, type FlagValues } from '../flags/flag';
import type { Fetched } from '../manager-api';
import { formatObject } from '../render/format-template';
import { renderDetails, type Detail } from '../render/table';
import type { Session } from '../session';
import { forEach } from './for-each';
import { OBJECT_FORMAT_FLAGS } from './list-flags';
import { printJsonList, printLines } from './print';

/** Flags of every inspect. */
export const INSPECT_FLAGS = {
  pretty: toggle('Show what matters, for people'),
  format: one(
    OBJECT_FORMAT_FLAGS.format.kind,
    "json: the API's own objects as one array; table: the same as --pretty; a template of their fields, such as '{{.ID}}'",
    { unset: 'json' },
  ),
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
  const { format } = flags;
  if (format !== undefined && isTemplate(format) && !flags.pretty) {
    printLines(
      session.stdout,
      found.map(({ raw }) => formatObject(format, raw)),
    );
  } else if (!isPretty(flags)) printJsonList(session.stdout, found);
  else
    printLines(
      session.stdout,
      found.flatMap(({ object }, index) => [...(index > 0 ? [''] : []), ...renderDetails(describe(object))]),
    );
  return code;
}
