import { badValue, type ValueKind } from '../flag';

// A run of plain characters, a backslash with what it protects, a quoted stretch, or white space.
const PIECE = /[^\s\\'"]+|\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*"|\s+/y;

function unquoted(piece: string): string {
  if (piece.startsWith("'")) return piece.slice(1, -1);
  if (piece.startsWith('"')) return piece.slice(1, -1).replace(/\\([^])/g, '$1');
  return piece.startsWith('\\') ? piece.slice(1) : piece;
}

/**
 * Splits a command line into words as a shell does: white space separates, quotes and backslashes protect, and a word that
 * starts with a hash sign begins a comment up to the end of the line. Nothing is expanded.
 * @throws DomainError INVALID_ARGUMENT for a quote that is never closed or a backslash at the end
 */
export function parseShellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let position = 0;
  while (position < line.length) {
    if (word === undefined && line[position] === '#') {
      const end = line.indexOf('\n', position);
      if (end < 0) break;
      position = end;
    }
    PIECE.lastIndex = position;
    const piece = PIECE.exec(line)?.[0];
    if (piece === undefined) throw badValue(`'${line}' ends inside a quote or after a backslash`);
    if (/^\s/.test(piece)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + unquoted(piece);
    }
    position = PIECE.lastIndex;
  }
  return word === undefined ? words : [...words, word];
}

export const shellWords: ValueKind<string[]> = {
  placeholder: 'command',
  example: '\'sh -c "sleep 5"\'',
  parse: parseShellWords,
};
