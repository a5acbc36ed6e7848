import type { Revision } from '../service-answers';
import { ago } from './durations';
import { specDifference } from './spec-difference';
import type { Column } from './table';

/** A revision with what it changed. */
export interface HistoryRow {
  readonly revision: Revision;
  readonly isCurrent: boolean;
  /** Empty where nothing differs; undefined where the revision before it is not kept. */
  readonly changes: readonly string[] | undefined;
}

/** Rows of the revisions, which come newest first. */
export function toHistoryRows(revisions: readonly Revision[]): HistoryRow[] {
  return revisions.map((revision, index) => {
    const before = revisions[index + 1];
    return { revision, isCurrent: index === 0, changes: before && specDifference(before.spec, revision.spec) };
  });
}

const CHANGES_LENGTH = 60;

function renderChanges({ changes, revision }: HistoryRow, truncate: boolean): string {
  if (changes === undefined) return revision.number > 1 ? '(the revision before is not kept)' : '';
  const text = changes.length === 0 ? '(nothing)' : changes.join('; ');
  return truncate && text.length > CHANGES_LENGTH ? `${text.slice(0, CHANGES_LENGTH - 1)}…` : text;
}

/** The columns of `service history`. */
export function historyColumns({ truncate, nowMs }: { truncate: boolean; nowMs: number }): Column<HistoryRow>[] {
  return [
    { heading: 'REVISION', cell: ({ revision, isCurrent }) => `${revision.number}${isCurrent ? ' *' : ''}` },
    { heading: 'CREATED', cell: ({ revision }) => ago(revision.createdAt, nowMs) },
    { heading: 'KIND', cell: ({ revision }) => revision.kind },
    { heading: 'CHANGES', cell: (row) => renderChanges(row, truncate) },
    { heading: 'MESSAGE', cell: ({ revision }) => revision.message },
  ];
}
