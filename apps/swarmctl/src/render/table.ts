import { plainText } from './plain-text';

/** A column of a table: its heading and what stands in it. */
export interface Column<T> {
  readonly heading: string;
  readonly cell: (row: T) => string;
  /** The column's name in a `--format`; the words of the heading, each with a capital letter, unless told. */
  readonly field?: string;
  /** Only for a `--format`: the table does not show it. */
  readonly isHidden?: boolean;
}

// Docker's own table is laid out with these two.
const MIN_WIDTH = 10;
const GAP = 3;

function renderLine(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join('')
    .trimEnd();
}

/** Lines of a table with a heading line. Cells are stripped of everything that a terminal would act upon. */
export function renderTable<T>(columns: readonly Column<T>[], rows: readonly T[]): string[] {
  const shown = columns.filter(({ isHidden }) => isHidden !== true);
  const cells = rows.map((row) => shown.map((column) => plainText(column.cell(row))));
  return alignColumns([shown.map((column) => column.heading), ...cells]);
}

/** Lines whose cells stand below each other. */
export function alignColumns(lines: readonly (readonly string[])[]): string[] {
  const count = Math.max(0, ...lines.map((line) => line.length));
  const isLast = (index: number): boolean => index === count - 1;
  const widths = Array.from({ length: count }, (_, index) =>
    isLast(index) ? 0 : Math.max(MIN_WIDTH, ...lines.map((line) => (line[index]?.length ?? 0) + GAP)),
  );
  return lines.map((line) => renderLine(line, widths));
}

/** A name and its value, or a heading when there is no value; deeper ones are indented. */
export interface Detail {
  readonly name: string;
  readonly value?: string;
  readonly depth?: number;
}

/** A value under a heading; left out when there is nothing to say. */
export function said(name: string, value: string | number | undefined, depth = 1): Detail[] {
  return value === undefined || value === '' ? [] : [{ name, value: String(value), depth }];
}

const INDENT = '  ';

/** Lines of the form `Name:  value`, the values of each depth below each other. */
export function renderDetails(details: readonly Detail[]): string[] {
  const labels = details.map(({ name, depth = 0 }) => `${INDENT.repeat(depth)}${plainText(name)}:`);
  const width = Math.max(0, ...details.map(({ value }, index) => (value === undefined ? 0 : (labels[index]?.length ?? 0)))) + 1;
  return details.map(({ value }, index) => {
    const label = labels[index] ?? '';
    return value === undefined ? label : `${label.padEnd(width)}${plainText(value)}`.trimEnd();
  });
}

/** Labels on one line, as the docker command writes them: `a=b,c=d`. */
export function renderLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** The first characters of an id, enough to tell objects apart. */
export function shortId(id: string): string {
  const LENGTH = 12;
  return id.slice(0, LENGTH);
}

/** Orders names as people do: `web2` before `web10`. */
export function byName<T>(nameOf: (item: T) => string): (a: T, b: T) => number {
  const collator = new Intl.Collator('en', { numeric: true });
  return (a, b) => collator.compare(nameOf(a), nameOf(b));
}
