import { DEFAULT_TOPOLOGY, type ServiceAffinity } from '#common/domain';
import type { Task } from '#common/proto';
import type { NodeSet } from '../node-set';
import { affinitiesOf, isOwnService } from '../service-affinity';
import { onNodes, type Check, type Filter } from './filter';

/** How the reason begins where a service keeps its own tasks apart. */
export const OWN_TASK_THERE = 'another task of';

/** The services that the task wants beside it are there, those that it does not are not, and none that is there keeps it away. */
export const affinityFilter: Filter = {
  name: 'affinity',
  prepare(task, nodes) {
    const own = affinitiesOf(task.spec?.placement).map((affinity) =>
      affinity.operator === '==' ? besideCheck(affinity, task, nodes) : apartCheck(affinity, task, nodes),
    );
    return [...own, ...keptAwayChecks(task, nodes)];
  },
};

/** The first task of a service that wants to be beside itself may go anywhere. */
function besideCheck({ service, topology }: ServiceAffinity, task: Task, nodes: NodeSet): Check {
  const tasks = nodes.tasksBy(topology);
  const isOwn = isOwnService(service, task);
  const text = `no task of service ${service}${inSame(topology)}`;
  return {
    admits: (info) => tasks.countBeside(service, info) > 0 || (isOwn && tasks.countEverywhere(service) === 0),
    why: (count) => `${text} ${onNodes(count)}`,
    refusal: () => text,
    spansNodes: isOwn,
  };
}

function apartCheck({ service, topology }: ServiceAffinity, task: Task, nodes: NodeSet): Check {
  const tasks = nodes.tasksBy(topology);
  const isOwn = isOwnService(service, task);
  const text = `${isOwn ? OWN_TASK_THERE : 'a task of'} service ${service}${inSame(topology)}`;
  return {
    admits: (info) => tasks.countBeside(service, info) === 0,
    why: (count) => `${text} ${onNodes(count)}`,
    refusal: () => text,
    spansNodes: isOwn,
  };
}

/** Who wants a service away from its tasks wants so whichever comes first. */
function keptAwayChecks(task: Task, nodes: NodeSet): Check[] {
  return [...nodes.repulsionTopologies()].flatMap((topology): Check[] => {
    const repulsions = nodes.repulsionsBy(topology);
    const names = [task.serviceId, task.serviceName].filter((name) => repulsions.countEverywhere(name) > 0);
    if (names.length === 0) return [];
    const text = `kept away by a service${inSame(topology)}`;
    return [
      {
        admits: (info) => names.every((name) => repulsions.countBeside(name, info) === 0),
        why: (count) => `${text} ${onNodes(count)}`,
        refusal: () => text,
      },
    ];
  });
}

function inSame(topology: string): string {
  return topology.toLowerCase() === DEFAULT_TOPOLOGY ? '' : ` in the same ${topology}`;
}
