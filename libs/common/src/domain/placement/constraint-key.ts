import { SERVICE_KEY } from './constraint';

const FIXED_KEYS = ['node.id', 'node.hostname', 'node.ip', 'node.role', 'node.platform.os', 'node.platform.arch'];
const LABEL_PREFIXES = ['node.labels.', 'engine.labels.'];

/** Whether the key names something that nodes have. Keys are compared without case, as Docker does. */
export function isNodeKey(key: string): boolean {
  const lower = key.toLowerCase();
  return FIXED_KEYS.includes(lower) || LABEL_PREFIXES.some((prefix) => lower.startsWith(prefix) && lower.length > prefix.length);
}

/** The key that was most likely meant by one that is none. */
export function closestKey(key: string): string {
  const lower = key.toLowerCase();
  const segments = key.split('.');
  const label = segments.findIndex((segment, index) => index < 2 && isNear(segment.toLowerCase(), 'labels'));
  const rest = segments.slice(label + 1).join('.');
  if (label >= 0) return `${lower.startsWith('e') ? 'engine' : 'node'}.labels.${rest || 'NAME'}`;
  const last = segments.at(-1)?.toLowerCase() ?? '';
  const fixed =
    FIXED_KEYS.find((known) => known.endsWith(`.${last}`)) ?? [...FIXED_KEYS, SERVICE_KEY].find((known) => isNear(lower, known));
  return fixed ?? `node.labels.${key.replace(/^node\./i, '') || 'NAME'}`;
}

const LETTERS_PER_TYPO = 3;

/** Whether few enough letters differ for a text to be a slip of a known word, or of one whose last part is known. */
function isNear(text: string, known: string): boolean {
  const word = known.slice(known.lastIndexOf('.') + 1);
  const most = Math.floor(word.length / LETTERS_PER_TYPO);
  return Math.abs(text.length - known.length) <= most && editDistance(text, known) <= most;
}

/** Letters to add, drop or replace to get from one text to the other (Levenshtein 1966). */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + Number(a[row - 1] !== b[column - 1]);
      current.push(Math.min((above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, replaced));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
