import type { Service } from '#common/proto';
import type { Fetched } from '../manager-api';
import { serviceColumns } from '../render/service-table';
import { byName } from '../render/table';
import type { Session } from '../session';
import type { ListFlags } from './list-flags';
import { printIds, printJsonList, printTable } from './print';

/** Writes services in the form that the flags ask for. */
export function printServices({ stdout }: Session, services: Fetched<Service>[], flags: ListFlags): void {
  services.sort(byName(({ object }) => object.spec?.name ?? ''));
  if (flags.format === 'json') printJsonList(stdout, services);
  else if (flags.quiet) printIds(stdout, services);
  else
    printTable(
      stdout,
      serviceColumns(!flags.noTrunc),
      services.map(({ object }) => object),
    );
}
