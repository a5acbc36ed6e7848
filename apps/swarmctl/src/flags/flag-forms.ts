import { parseTruth } from './values/truth';

/** What has to be known of a flag to read it: commander's options have this shape. */
export interface KnownFlag {
  /** With its dash, `-e`. */
  readonly short?: string;
  /** With its dashes, `--env`. */
  readonly long?: string;
  /** Whether a text follows it. */
  readonly required: boolean;
}

/** One word of the command line in plain words. `isOpen` when the last of them is a flag whose text is the next word. */
interface Spelling {
  readonly plain: readonly string[];
  readonly isOpen: boolean;
}

const closed = (...plain: string[]): Spelling => ({ plain, isOpen: false });

const findFlag = (flags: readonly KnownFlag[], name: string): KnownFlag | undefined =>
  flags.find((flag) => flag.short === name || flag.long === name);

/** The negative spelling of a switch, which every switch has beside its own. */
export function negated(long: string): string {
  return `--no-${long.slice('--'.length)}`;
}

function spellSwitch(flag: KnownFlag, truth: string): Spelling {
  const long = flag.long ?? '';
  return closed(parseTruth(truth) ? long : negated(long));
}

/** `--name=text` of a switch becomes the switch or its negation; other long flags are left as they are. */
function spellLong(word: string, flags: readonly KnownFlag[]): Spelling {
  const [name = '', ...rest] = word.split('=');
  const flag = findFlag(flags, name);
  if (rest.length === 0) return { plain: [word], isOpen: flag?.required === true };
  return flag?.required === false ? spellSwitch(flag, rest.join('=')) : closed(word);
}

/** Takes joined short flags apart: `-tqeA=1` becomes `-t -q -e A=1`, and `-e=A=1` becomes `-e A=1`. */
function spellShorts(word: string, flags: readonly KnownFlag[]): Spelling {
  const name = word.slice(0, 2);
  const rest = word.slice(2);
  const flag = findFlag(flags, name);
  if (!flag) return closed(word);
  if (rest === '') return { plain: [name], isOpen: flag.required };
  if (flag.required) return closed(name, rest.replace(/^=/, ''));
  if (rest.startsWith('=')) return spellSwitch(flag, rest.slice(1));
  const others = spellShorts(`-${rest}`, flags);
  return { plain: [name, ...others.plain], isOpen: others.isOpen };
}

function spell(word: string, flags: readonly KnownFlag[]): Spelling {
  if (word.startsWith('--')) return spellLong(word, flags);
  return word.startsWith('-') ? spellShorts(word, flags) : closed(word);
}

/**
 * Rewrites the spellings that docker's command line takes and commander's does not: `--init=false`, `-e=A=1`, `-tq=true`.
 * Words that are no flags stay as they are; with `stopAtWord` everything after the first of them does too.
 * @throws DomainError INVALID_ARGUMENT for a switch that is neither true nor false
 */
export function plainFlagForms(words: readonly string[], flags: readonly KnownFlag[], stopAtWord: boolean): string[] {
  const plain: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const isFlag = word.startsWith('-') && word !== '-';
    if (word === '--' || (!isFlag && stopAtWord)) return [...plain, ...words.slice(index)];
    const spelling = spell(word, flags);
    plain.push(...spelling.plain);
    const text = words[index + 1];
    if (spelling.isOpen && text !== undefined) {
      plain.push(text);
      index++;
    }
  }
  return plain;
}
