import type { Fetched } from '../manager-api';
import { isTemplate } from '#common/template';
import { formatObject, formatRows } from '../render/format-template';
import { renderJson } from '../render/json';
import { plainText } from '../render/plain-text';
import { renderDetails, renderTable, type Column, type Detail } from '../render/table';
import { writeLine, type Screen } from '../session';

/** Writes lines. */
export function printLines(screen: Screen, lines: readonly string[]): void {
  if (lines.length > 0) writeLine(screen, lines.join('\n'));
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

/** How a list is to be written. */
interface ListOutput {
  readonly format?: string;
  readonly quiet?: boolean;
}

/** What is written of a list: its columns, and the API's own objects for JSON. */
interface ListContent<T> {
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly raw: readonly Pick<Fetched<unknown>, 'raw'>[];
  /** What `--quiet` shows of each. */
  readonly names: readonly string[];
}

/** Writes a list in the form that the flags ask for. @throws DomainError INVALID_ARGUMENT for a template that names no column */
export function printList<T>(screen: Screen, { format, quiet }: ListOutput, { columns, rows, raw, names }: ListContent<T>): void {
  if (format === 'json') printJsonList(screen, raw);
  else if (quiet) printLines(screen, names.map(plainText));
  else if (format !== undefined && isTemplate(format)) printLines(screen, formatRows(format, columns, rows));
  else printTable(screen, columns, rows);
}

/** Writes a table. */
export function printTable<T>(screen: Screen, columns: readonly Column<T>[], rows: readonly T[]): void {
  printLines(screen, renderTable(columns, rows));
}

/** Writes one object in the form that was asked for. @throws DomainError INVALID_ARGUMENT for a template that does not fit it */
export function printObject(screen: Screen, format: string | undefined, raw: unknown, describe: () => readonly Detail[]): void {
  if (format === 'json') printJson(screen, raw);
  else if (format !== undefined && isTemplate(format)) writeLine(screen, formatObject(format, raw));
  else printLines(screen, renderDetails(describe()));
}
