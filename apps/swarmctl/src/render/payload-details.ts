import type { PayloadAnswer } from '../api/payload-api';
import { ago } from './durations';
import { renderLabels, type Column, type Detail } from './table';

/** The columns of `secret ls` and `config ls`. */
export function payloadColumns(noun: 'secret' | 'config', nowMs: number): Column<PayloadAnswer>[] {
  const driver: Column<PayloadAnswer>[] = noun === 'secret' ? [{ heading: 'DRIVER', cell: (payload) => payload.driver }] : [];
  return [
    { heading: 'ID', cell: ({ id }) => id },
    { heading: 'NAME', cell: ({ name }) => name },
    ...driver,
    { heading: 'CREATED', field: 'CreatedAt', cell: ({ createdAt }) => ago(createdAt, nowMs) },
    { heading: 'UPDATED', field: 'UpdatedAt', cell: ({ updatedAt }) => ago(updatedAt, nowMs) },
    { heading: 'LABELS', cell: ({ labels }) => renderLabels(labels), isHidden: true },
  ];
}

/** What `inspect --pretty` shows; the value of a secret is never there. */
export function describePayload({ id, name, labels, driver, templating, createdAt, updatedAt, data }: PayloadAnswer): Detail[] {
  const keys = Object.keys(labels).sort();
  return [
    { name: 'ID', value: id },
    { name: 'Name', value: name },
    ...(keys.length > 0 ? [{ name: 'Labels' }, ...keys.map((key) => ({ name: key, value: labels[key] ?? '', depth: 1 }))] : []),
    ...(driver === '' ? [] : [{ name: 'Driver', value: driver }]),
    ...(templating === '' ? [] : [{ name: 'Template driver', value: templating }]),
    { name: 'Created at', value: createdAt },
    { name: 'Updated at', value: updatedAt },
    ...(data.length === 0
      ? []
      : [
          { name: 'Data' },
          ...data
            .toString('utf8')
            .split('\n')
            .map((line) => ({ name: line, depth: 1 })),
        ]),
  ];
}
