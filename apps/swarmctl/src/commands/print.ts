import type { Fetched } from '../manager-api';
import { renderJson } from '../render/json';
import { plainText } from '../render/plain-text';
import { renderTable, type Column } from '../render/table';
import { writeLine, type Screen } from '../session';

/** Writes lines. */
export function printLines(screen: Screen, lines: readonly string[]): void {
  if (lines.length > 0) writeLine(screen, lines.join('\n'));
}

/** Writes ids, one a line. */
export function printIds(screen: Screen, items: readonly Fetched<{ readonly id: string }>[]): void {
  const ids = items.map(({ object }) => plainText(object.id));
  printLines(screen, ids);
}

/** Writes an answer of the API as it came. */
export function printJson(screen: Screen, raw: unknown): void {
  writeLine(screen, renderJson(raw));
}

/** Writes the API's own objects as one JSON array. */
export function printJsonList(screen: Screen, items: readonly Pick<Fetched<unknown>, 'raw'>[]): void {
  printJson(
    screen,
    items.map(({ raw }) => raw),
  );
}

/** Writes a table. */
export function printTable<T>(screen: Screen, columns: readonly Column<T>[], rows: readonly T[]): void {
  printLines(screen, renderTable(columns, rows));
}
