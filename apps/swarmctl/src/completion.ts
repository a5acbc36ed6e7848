import type { Option } from 'commander';
import type { CliCommand } from './cli-command';
import { NOUNS, type Noun, type Verb } from './command-map';

/** Kinds of arguments whose names a manager can be asked for. */
const NAMED = ['service', 'node', 'network', 'secret', 'config', 'task', 'stack'] as const;
export type NamedKind = (typeof NAMED)[number];

/** Asks for the names of objects. */
export type NamesOf = (kind: NamedKind) => Promise<readonly string[]>;

/** What a shell runs for each Tab; the words so far follow, the last one unfinished. */
export const COMPLETE = '__complete';

/** Scripts that teach a shell to complete swarmctl's words. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_swarmctl() {
  local IFS=$'\\n'
  COMPREPLY=($(swarmctl ${COMPLETE} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _swarmctl swarmctl
`,
  zsh: `#compdef swarmctl
_swarmctl() {
  local -a candidates
  candidates=("\${(@f)$(swarmctl ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a candidates
}
compdef _swarmctl swarmctl
`,
};

/**
 * What the last word may become.
 * @param words those that follow `swarmctl`, the last one unfinished @param program with all of its commands, none loaded
 * @param load makes a command's flags known
 */
export async function complete(
  words: readonly string[],
  { program, load, namesOf }: { program: CliCommand; load: (verb: Verb, command: CliCommand) => void; namesOf: NamesOf },
): Promise<string[]> {
  const last = words.at(-1) ?? '';
  const { command, rest, verb } = walk(program, words.slice(0, -1));
  if (verb) load(verb, command);
  if (last.startsWith('-')) return matching(flagsOf(command), last);
  if (command.commands.length > 0) {
    return matching(
      command.commands.map((each) => each.name()),
      last,
    );
  }
  const kind = argumentAt(command, rest);
  return kind === undefined ? [] : matching(await namesOf(kind), last);
}

interface Place {
  readonly command: CliCommand;
  /** Set for a command that does something. */
  readonly verb: Verb | undefined;
  /** Words after the command. */
  readonly rest: readonly string[];
}

/** Goes down the commands as far as the words do. */
function walk(program: CliCommand, words: readonly string[]): Place {
  let command = program;
  let verbs: readonly (Verb | Noun)[] = NOUNS;
  let verb: Verb | undefined;
  for (const [index, word] of words.entries()) {
    const next = command.commands.find((each) => each.name() === word) as CliCommand | undefined;
    if (!next) {
      if (command !== program) return { command, verb, rest: words.slice(index) };
      continue;
    }
    const entry = verbs.find(({ name }) => name === word);
    command = next;
    verb = entry && 'load' in entry ? entry : undefined;
    verbs = entry && 'verbs' in entry ? entry.verbs : [];
  }
  return { command, verb, rest: [] };
}

/** Which kind of object the next argument names. */
function argumentAt(command: CliCommand, rest: readonly string[]): NamedKind | undefined {
  const given = withoutFlags(rest, command.options).length;
  const { registeredArguments: known } = command;
  const argument = known[given] ?? (known.at(-1)?.variadic ? known.at(-1) : undefined);
  return NAMED.find((kind) => kind === argument?.name());
}

function withoutFlags(words: readonly string[], options: readonly Option[]): string[] {
  return words.filter((word, index) => {
    const before = words[index - 1];
    const takesThis =
      before?.startsWith('-') &&
      !before.includes('=') &&
      options.find(({ long, short }) => before === long || before === short)?.required;
    return !word.startsWith('-') && !takesThis;
  });
}

function flagsOf(command: CliCommand): string[] {
  return [...command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? []), '--help'];
}

function matching(candidates: readonly string[], beginning: string): string[] {
  return candidates.filter((candidate) => candidate.startsWith(beginning)).sort();
}
