import { InvalidArgumentError, Option, type Command } from 'commander';
import { isCode } from '#common/errors';
import { longName, type Flag, type FlagTable, type ValueKind } from './flag';
import { negated } from './flag-forms';

/** Which of commander's messages a text that cannot be read ends in: it names the flag, we add what is wrong and an example. */
function read<T>(kind: ValueKind<T>, text: string): T {
  try {
    return kind.parse(text);
  } catch (error) {
    if (!isCode(error, 'INVALID_ARGUMENT')) throw error;
    throw new InvalidArgumentError(`${error.message} (valid is, for example, ${kind.example}).`);
  }
}

function spelling(long: string, flag: Flag): string {
  const names = flag.short ? `-${flag.short}, ${long}` : long;
  return flag.takes === 'none' ? names : `${names} <${flag.kind.placeholder}>`;
}

function describe(flag: Flag, showUnset: boolean): string {
  if (flag.takes === 'many') return `${flag.help}; may be repeated`;
  return flag.takes === 'one' && flag.unset !== undefined && showUnset ? `${flag.help} (default: ${flag.unset})` : flag.help;
}

function optionFor(long: string, flag: Flag, showUnset: boolean): Option {
  const option = new Option(spelling(long, flag), describe(flag, showUnset));
  // Commander takes every `--no-…` for the negation of another flag; docker has flags of that name in their own right.
  option.negate = false;
  if (flag.takes === 'one') option.argParser((text: string) => read(flag.kind, text));
  if (flag.takes === 'many') {
    option.argParser((text: string, before: unknown[] | undefined) => [...(before ?? []), read(flag.kind, text)]);
  }
  return option;
}

/**
 * Declares the flags of a table under one heading of the help. Their values are what `command.opts()` then has under the names
 * of the table. `showUnset` is for commands that make something new: there a flag that is not given has a default.
 */
export function declareFlags(command: Command, heading: string, table: FlagTable, showUnset = false): void {
  for (const [property, flag] of Object.entries(table)) {
    const long = `--${longName(property)}`;
    command.addOption(optionFor(long, flag, showUnset).helpGroup(`${heading}:`));
    if (flag.takes === 'none') command.addOption(new Option(negated(long)).hideHelp());
  }
}
