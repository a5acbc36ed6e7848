import type { Task } from '#common/proto';
import { BinaryHeap } from './binary-heap';
import { attributeOf } from './constraint-expression';
import { withTask, type NodeInfo } from './node-info';
import type { Pipeline } from './pipeline';

/** A part of the cluster over which tasks of one service are spread: nodes, or branches of one more label each. */
export interface Branch {
  /** Tells branches of the same load apart, so that decisions can be repeated. */
  readonly name: string;
  /** Tasks of the service in it, on nodes that may take no more of them too. */
  readonly tasks: number;
  /** Puts a task on its best node and gives the node as it is then; undefined when there is no room. */
  place(task: Task): NodeInfo | undefined;
}

/**
 * Branches for the spread preferences in their order, as SwarmKit's decision tree: each level is kept even before the next one is
 * looked at. A node without the label is in a branch of its own.
 * @param descriptors for example `node.labels.zone`; none makes one branch of all nodes
 */
export function growTree(sample: Task, nodes: readonly NodeInfo[], pipeline: Pipeline): Branch {
  const descriptors = (sample.spec?.placement?.preferences ?? []).flatMap(({ spread }) => spread?.spreadDescriptor ?? []);
  return grow({ name: '', serviceId: sample.serviceId, pipeline }, nodes, descriptors);
}

interface Trunk {
  name: string;
  serviceId: string;
  pipeline: Pipeline;
}

function grow(trunk: Trunk, nodes: readonly NodeInfo[], [descriptor, ...rest]: readonly string[]): Branch {
  if (descriptor === undefined) return new NodeBranch(trunk, nodes);
  const groups = new Map<string, NodeInfo[]>();
  for (const info of nodes) {
    const value = attributeOf(descriptor, info.node) ?? '';
    const group = groups.get(value);
    if (group) group.push(info);
    else groups.set(value, [info]);
  }
  return new LabelBranch(
    trunk.name,
    [...groups].map(([name, group]) => grow({ ...trunk, name }, group, rest)),
  );
}

class LabelBranch implements Branch {
  tasks: number;
  private readonly branches: BinaryHeap<Branch>;

  constructor(
    readonly name: string,
    branches: Branch[],
  ) {
    this.tasks = branches.reduce((sum, branch) => sum + branch.tasks, 0);
    this.branches = new BinaryHeap(branches, (a, b) => (a.tasks !== b.tasks ? a.tasks < b.tasks : a.name < b.name));
  }

  place(task: Task): NodeInfo | undefined {
    for (let emptiest = this.branches.top; emptiest; emptiest = this.branches.top) {
      const info = emptiest.place(task);
      // A branch without room now has none for any task of this kind.
      this.branches.replaceTop(info && emptiest);
      if (!info) continue;
      this.tasks++;
      return info;
    }
    return undefined;
  }
}

class NodeBranch implements Branch {
  readonly name: string;
  tasks: number;
  private readonly nodes: BinaryHeap<NodeInfo>;
  private readonly pipeline: Pipeline;

  constructor({ name, serviceId, pipeline }: Trunk, nodes: readonly NodeInfo[]) {
    this.name = name;
    this.pipeline = pipeline;
    this.tasks = nodes.reduce((sum, info) => sum + (info.tasksByService.get(serviceId) ?? 0), 0);
    this.nodes = new BinaryHeap(
      nodes.filter((info) => pipeline.admits(info)),
      (a, b) => isBetter(a, b, serviceId),
    );
  }

  place(task: Task): NodeInfo | undefined {
    const best = this.nodes.top;
    if (!best) return undefined;
    const after = withTask(best, task);
    this.nodes.replaceTop(this.pipeline.admits(after) ? after : undefined);
    this.tasks++;
    return after;
  }
}

/** The fewest tasks of the service, then the fewest tasks. */
function isBetter(a: NodeInfo, b: NodeInfo, serviceId: string): boolean {
  const ofService = (a.tasksByService.get(serviceId) ?? 0) - (b.tasksByService.get(serviceId) ?? 0);
  if (ofService !== 0) return ofService < 0;
  if (a.taskCount !== b.taskCount) return a.taskCount < b.taskCount;
  // Any order would do; this one makes decisions repeatable.
  return a.node.id < b.node.id;
}
