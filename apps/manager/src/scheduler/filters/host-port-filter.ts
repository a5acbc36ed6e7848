import { hostPortsOf } from '../node-info';
import { onNodes, type Filter } from './filter';

/** How the reason begins. */
export const PORT_TAKEN = 'host-mode port already in use';

/** The host-mode ports that the task publishes are free on the node. */
export const hostPortFilter: Filter = {
  name: 'host ports',
  prepare(task) {
    const ports = hostPortsOf(task);
    if (ports.length === 0) return [];
    return [
      {
        admits: (info) => ports.every((port) => !info.hostPorts.has(port)),
        why: (nodes) => `${PORT_TAKEN} ${onNodes(nodes)}`,
        refusal: (info) => `host-mode port ${ports.filter((port) => info.hostPorts.has(port)).join(', ')} already in use`,
      },
    ];
  },
};
