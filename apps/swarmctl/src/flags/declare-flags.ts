import { InvalidArgumentError, Option, type Command } from 'commander';
import { isCode } from '#common/errors';
import { longName, type Flag, type FlagTable, type ValueKind } from './flag';
import { negated } from './flag-forms';

/** Turns a text that cannot be read into commander's own error: commander names the flag, we say what is wrong and what is right. */
function read<T>(long: string, kind: ValueKind<T>, text: string): T {
  try {
    return kind.parse(text);
  } catch (error) {
    if (!isCode(error, 'INVALID_ARGUMENT')) throw error;
    throw new InvalidArgumentError(`${error.message}\nFor example: ${long} ${kind.example}`);
  }
}

function spelling(long: string, flag: Flag): string {
  const names = flag.short ? `-${flag.short}, ${long}` : long;
  return flag.takes === 'none' ? names : `${names} <${flag.kind.placeholder}>`;
}

function describe(flag: Flag, showUnset: boolean): string {
  if (flag.takes === 'none') return flag.help;
  const choices = flag.kind.choices ? `: ${flag.kind.choices.join(', ')}` : '';
  const unset = flag.takes === 'one' && flag.unset !== undefined && showUnset ? ` (default: ${flag.unset})` : '';
  return `${flag.help}${choices}${unset}${flag.takes === 'many' ? '; may be repeated' : ''}`;
}

function optionFor(long: string, flag: Flag, showUnset: boolean): Option {
  const option = new Option(spelling(long, flag), describe(flag, showUnset));
  // Commander takes every `--no-…` for the negation of another flag; docker has flags of that name in their own right.
  option.negate = false;
  if (flag.takes === 'one') option.argParser((text: string) => read(long, flag.kind, text));
  if (flag.takes === 'many') {
    option.argParser((text: string, before: unknown[] | undefined) => [...(before ?? []), read(long, flag.kind, text)]);
  }
  return option;
}

/**
 * Declares the flags of a table under one heading of the help. Their values are what `command.opts()` then has under the names
 * of the table. `showUnset` is for commands that make something new: there a flag that is not given has a default.
 */
export function declareFlags(command: Command, heading: string, table: FlagTable, showUnset = false): void {
  const group = `${heading}:`;
  for (const [property, flag] of Object.entries(table)) {
    const long = `--${longName(property)}`;
    command.addOption(optionFor(long, flag, showUnset).helpGroup(group));
    if (flag.takes === 'none') command.addOption(new Option(negated(long)).hideHelp().helpGroup(group));
  }
}
