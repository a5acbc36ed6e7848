import { hostPortsOf } from '../node-info';
import { onNodes, type Filter } from './filter';

/** The host-mode ports that the task publishes are free on the node. */
export const hostPortFilter: Filter = {
  name: 'host ports',
  prepare(task) {
    const ports = hostPortsOf(task);
    if (ports.length === 0) return undefined;
    return (info) => ports.every((port) => !info.hostPorts.has(port));
  },
  why: (nodes) => `host-mode port already in use ${onNodes(nodes)}`,
};
