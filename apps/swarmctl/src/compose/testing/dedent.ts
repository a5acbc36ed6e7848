/** A text of several lines, without the white space that all of them begin with. */
export function dedent(text: string): string {
  const lines = text.replace(/^\n/, '').trimEnd().split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  return `${lines.map((line) => line.slice(Math.min(...indents))).join('\n')}\n`;
}
