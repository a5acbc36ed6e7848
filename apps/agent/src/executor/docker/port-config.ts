import type { PortConfig, Task } from '#common/proto';

const HOST_MODE = 'host';

interface PortSettings {
  readonly ExposedPorts?: Record<string, object>;
  readonly PortBindings?: Record<string, { HostPort: string }[]>;
}

/** Ports that this node itself publishes. A published port of 0 lets the engine choose one. Ingress ports are not the container's. */
export function toPortSettings(task: Task): PortSettings {
  const ports = (task.endpointSpec?.ports ?? []).filter((port) => port.publishMode === HOST_MODE);
  if (ports.length === 0) return {};
  const bindings: Record<string, { HostPort: string }[]> = {};
  for (const port of ports) (bindings[portKey(port)] ??= []).push({ HostPort: hostPort(port) });
  const exposed = Object.fromEntries(Object.keys(bindings).map((key) => [key, {}]));
  return { ExposedPorts: exposed, PortBindings: bindings };
}

function portKey({ targetPort, protocol }: PortConfig): string {
  return `${targetPort}/${protocol || 'tcp'}`;
}

function hostPort({ publishedPort }: PortConfig): string {
  return publishedPort === 0 ? '' : String(publishedPort);
}
