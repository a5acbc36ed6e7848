import type { GenericResource, Task } from '#common/proto';
import { BinaryHeap } from './binary-heap';
import { attributeOf } from './node-attribute';
import { claimOn, withTask, type NodeInfo } from './node-info';
import type { Pipeline } from './pipeline';

/** The node that a task was put on, as it is then, and what the task was given of it. */
export interface Found {
  readonly info: NodeInfo;
  readonly genericResources: GenericResource[];
}

/** A part of the cluster over which tasks of one service are spread: nodes, or branches of one more label each. */
export interface Branch {
  /** Tells branches of the same load apart, so that decisions can be repeated. */
  readonly name: string;
  /** Tasks of the service in it, on nodes that may take no more of them too. */
  readonly tasks: number;
  /** Puts a task on its best node; undefined when there is no room. */
  place(task: Task): Found | undefined;
}

/**
 * Branches for the spread preferences in their order, as SwarmKit's decision tree: each level is kept even before the next one is
 * looked at. A node without the label is in a branch of its own.
 * @param descriptors for example `node.labels.zone`; none makes one branch of all nodes
 */
export function growTree(sample: Task, nodes: readonly NodeInfo[], rules: Rules): Branch {
  const descriptors = (sample.spec?.placement?.preferences ?? []).flatMap(({ spread }) => spread?.spreadDescriptor ?? []);
  return grow({ name: '', serviceId: sample.serviceId, ...rules }, nodes, descriptors);
}

/** Which nodes may be chosen, and which had rather not be. */
export interface Rules {
  readonly pipeline: Pipeline;
  /** Nodes on which tasks of the same version keep failing, with how often they did lately. */
  readonly faulty: ReadonlyMap<string, number>;
}

interface Trunk extends Rules {
  readonly name: string;
  readonly serviceId: string;
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

  place(task: Task): Found | undefined {
    for (let emptiest = this.branches.top; emptiest; emptiest = this.branches.top) {
      const found = emptiest.place(task);
      // A branch without room now has none for any task of this kind.
      this.branches.replaceTop(found && emptiest);
      if (!found) continue;
      this.tasks++;
      return found;
    }
    return undefined;
  }
}

class NodeBranch implements Branch {
  readonly name: string;
  tasks: number;
  private readonly nodes: BinaryHeap<NodeInfo>;
  private readonly pipeline: Pipeline;

  constructor(trunk: Trunk, nodes: readonly NodeInfo[]) {
    const { name, serviceId, pipeline } = trunk;
    this.name = name;
    this.pipeline = pipeline;
    this.tasks = nodes.reduce((sum, info) => sum + (info.tasksByService.get(serviceId) ?? 0), 0);
    this.nodes = new BinaryHeap(
      nodes.filter((info) => pipeline.admits(info)),
      (a, b) => isBetter(a, b, trunk),
    );
  }

  place(task: Task): Found | undefined {
    const best = this.best();
    if (!best) return undefined;
    const genericResources = claimOn(best, task);
    const info = withTask(best, task, genericResources);
    this.nodes.replaceTop(this.pipeline.admits(info) ? info : undefined);
    this.tasks++;
    return { info, genericResources };
  }

  /** A node that was ruled out by a task placed on another one is ruled out for the rest. */
  private best(): NodeInfo | undefined {
    if (this.pipeline.spansNodes) {
      while (this.nodes.top && !this.pipeline.admits(this.nodes.top)) this.nodes.replaceTop(undefined);
    }
    return this.nodes.top;
  }
}

/** Where the version does not keep failing; then the fewest tasks of the service; then the least reserved; then the fewest tasks. */
function isBetter(a: NodeInfo, b: NodeInfo, { serviceId, faulty }: Trunk): boolean {
  if (faulty.size > 0) {
    const failures = (faulty.get(a.node.id) ?? 0) - (faulty.get(b.node.id) ?? 0);
    if (failures !== 0) return failures < 0;
  }
  const ofService = (a.tasksByService.get(serviceId) ?? 0) - (b.tasksByService.get(serviceId) ?? 0);
  if (ofService !== 0) return ofService < 0;
  if (a.load !== b.load) return a.load < b.load;
  if (a.taskCount !== b.taskCount) return a.taskCount < b.taskCount;
  // Any order would do; this one makes decisions repeatable.
  return a.node.id < b.node.id;
}
