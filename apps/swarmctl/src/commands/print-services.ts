import type { Service } from '#common/proto';
import type { Fetched } from '../manager-api';
import { serviceColumns } from '../render/service-table';
import { byName } from '../render/table';
import type { Session } from '../session';
import type { ListFlags } from './list-flags';
import { printList } from './print';

/** Writes services in the form that the flags ask for. */
export function printServices({ stdout }: Session, services: Fetched<Service>[], flags: ListFlags): void {
  services.sort(byName(({ object }) => object.spec?.name ?? ''));
  const rows = services.map(({ object }) => object);
  const names = rows.map(({ id }) => id);
  printList(stdout, flags, { columns: serviceColumns(!flags.noTrunc), rows, raw: services, names });
}
