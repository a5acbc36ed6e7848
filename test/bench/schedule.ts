import { aNode, aService, aTask, NOW } from '../../apps/manager/src/testing/builders';
import { toNodeInfo, type NodeInfo } from '../../apps/manager/src/scheduler/node-info';
import { NodeSet } from '../../apps/manager/src/scheduler/node-set';
import { schedule } from '../../apps/manager/src/scheduler/schedule';
import type { Task } from '#common/proto';
import { TaskState } from '#common/domain';
import { reportLine, spreadOf } from './figures';

const RUNS = 7;

interface Case {
  name: string;
  nodes: number;
  tasks: number;
  placement?: { constraints: string[]; preferences?: { spread: { spreadDescriptor: string } }[] };
  target: number;
}

const CASES: Case[] = [
  { name: 'plain service, 1,000 nodes', nodes: 1_000, tasks: 10_000, target: 50_000 },
  { name: 'plain service, 10,000 nodes', nodes: 10_000, tasks: 50_000, target: 30_000 },
  {
    name: 'two constraints, 1,000 nodes',
    nodes: 1_000,
    tasks: 10_000,
    placement: { constraints: ['node.labels.zone!=z3', 'node.role==worker'] },
    target: 20_000,
  },
  {
    name: 'two constraints and two spread levels, 1,000 nodes',
    nodes: 1_000,
    tasks: 10_000,
    placement: {
      constraints: ['node.labels.zone!=z3', 'node.role==worker'],
      preferences: ['zone', 'rack'].map((label) => ({ spread: { spreadDescriptor: `node.labels.${label}` } })),
    },
    target: 20_000,
  },
  {
    name: 'away from another service by zone, 1,000 nodes',
    nodes: 1_000,
    tasks: 10_000,
    placement: { constraints: ['service!=db topology=node.labels.zone'] },
    target: 20_000,
  },
];

/** Placements per second without any I/O. */
function main(): void {
  for (const each of CASES) {
    const nodes = Array.from({ length: each.nodes }, (_, i) => aNodeInfo(i));
    const tasks = someTasks(each);
    schedule(tasks, { nodes: new NodeSet(nodes), now: NOW });
    const rates = Array.from({ length: RUNS }, () => {
      const startedAt = performance.now();
      const { placed } = schedule(tasks, { nodes: new NodeSet(nodes), now: NOW });
      return (placed.length / (performance.now() - startedAt)) * 1_000;
    });
    console.log(reportLine(each.name, rates, 'placements/s'));
    console.log(`target ≥ ${each.target}: ${spreadOf(rates).median >= each.target ? 'met' : 'MISSED'}`);
  }
}

function aNodeInfo(i: number): NodeInfo {
  return toNodeInfo(aNode(`n${i}`, { nanoCpus: 64e9, labels: { zone: `z${i % 4}`, rack: `r${i % 20}` } }), []);
}

function someTasks({ tasks, placement }: Case): Task[] {
  const service = aService({ replicas: tasks, spec: { taskTemplate: { containerSpec: { image: 'busybox' }, placement } } });
  return Array.from({ length: tasks }, (_, i) => aTask({ id: `t${i}`, slot: i + 1, nodeId: '', state: TaskState.new, service }));
}

main();
