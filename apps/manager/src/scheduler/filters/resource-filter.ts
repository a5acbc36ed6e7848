import type { Task } from '#common/proto';
import { freeOf, genericRequestOf } from '../generic-resources';
import { reservationOf, type NodeInfo } from '../node-info';
import { onNodes, type Filter } from './filter';

/** What the task reserves is free: cpu, memory, and generic resources of each kind. */
export const resourceFilter: Filter = {
  name: 'resources',
  prepare(task) {
    const needs = needsOf(task);
    if (needs.length === 0) return [];
    const isMet = (info: NodeInfo) => (need: Need) => need.freeOn(info) >= need.amount;
    return [
      {
        admits: (info) => needs.every((need) => need.freeOn(info) >= need.amount),
        why: (nodes) => `insufficient resources ${onNodes(nodes)}`,
        refusal: (info) =>
          needs
            .filter((need) => !isMet(info)(need))
            .map(({ name, amount, freeOn, inWords }) => `${inWords(amount)} ${name} needed, ${inWords(freeOn(info))} free`)
            .join('; '),
      },
    ];
  },
};

interface Need {
  name: string;
  amount: number;
  freeOn(info: NodeInfo): number;
  inWords(amount: number): string;
}

const NANOS_PER_CPU = 1e9;
const BYTES_PER_MIB = 2 ** 20;

function needsOf(task: Task): Need[] {
  const { nanoCpus, memoryBytes } = reservationOf(task);
  const needs: Need[] = [
    { name: 'cpus', amount: nanoCpus, freeOn: (info) => info.freeNanoCpus, inWords: (nanos) => rounded(nanos / NANOS_PER_CPU) },
    {
      name: 'memory',
      amount: memoryBytes,
      freeOn: (info) => info.freeMemoryBytes,
      inWords: (bytes) => `${rounded(bytes / BYTES_PER_MIB)} MiB`,
    },
    ...[...genericRequestOf(task)].map(([kind, amount]): Need => ({
      name: kind,
      amount,
      freeOn: (info) => freeOf(info.freeGenericResources, kind),
      inWords: String,
    })),
  ];
  return needs.filter(({ amount }) => amount > 0);
}

function rounded(amount: number): string {
  return String(Number(amount.toFixed(3)));
}
