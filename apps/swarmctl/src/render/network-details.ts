import type { NetworkAnswer } from '../network-answer';
import { renderLabels, type Column, type Detail } from './table';

const SHORT_ID_LENGTH = 12;

/** The columns of `network ls`. */
export function networkColumns(shortens: boolean): Column<NetworkAnswer>[] {
  return [
    { heading: 'NETWORK ID', field: 'ID', cell: ({ id }) => (shortens ? id.slice(0, SHORT_ID_LENGTH) : id) },
    { heading: 'NAME', cell: ({ name }) => name },
    { heading: 'DRIVER', cell: ({ driver }) => driver },
    { heading: 'SCOPE', cell: ({ scope }) => scope },
    { heading: 'SUBNET', cell: ({ subnets }) => subnets.map(({ subnet }) => subnet).join(', ') },
    { heading: 'CREATED AT', cell: ({ createdAt }) => createdAt, isHidden: true },
    { heading: 'INTERNAL', cell: ({ traits }) => String(traits.includes('internal')), isHidden: true },
    { heading: 'LABELS', cell: ({ labels }) => renderLabels(labels), isHidden: true },
  ];
}

/** What `network inspect --pretty` shows. */
export function describeNetwork(network: NetworkAnswer): Detail[] {
  return [
    { name: 'ID', value: network.id },
    { name: 'Name', value: network.name },
    { name: 'Driver', value: network.driver },
    { name: 'Created at', value: network.createdAt },
    ...(network.traits.length > 0 ? [{ name: 'Is', value: network.traits.join(', ') }] : []),
    ...network.subnets.flatMap(({ subnet, gateway }) => [
      { name: 'Subnet', value: subnet },
      { name: 'Gateway', value: gateway },
    ]),
    ...pairs('Labels', network.labels),
    ...pairs('Options', network.options),
    ...network.services.flatMap(({ name, virtualAddress, tasks }): Detail[] => [
      { name: `Service ${name}`, value: virtualAddress || 'no virtual address' },
      ...tasks.map((task) => ({ name: task.name, value: task.address, depth: 1 })),
    ]),
  ];
}

function pairs(heading: string, values: Readonly<Record<string, string>>): Detail[] {
  const names = Object.keys(values).sort();
  return names.length === 0 ? [] : [{ name: heading }, ...names.map((name) => ({ name, value: values[name] ?? '', depth: 1 }))];
}
