import type { ContainerSpec, PortConfig, ServiceSpec } from '#common/proto';

/** What a client should know about a service that is accepted, although a part of it has no effect here yet. */
export function warningsFor(spec: ServiceSpec): string[] {
  const container = spec.taskTemplate?.containerSpec;
  return [
    ...(spec.endpointSpec?.ports ?? []).filter(isIngress).map(ingressWarning),
    ...(container && usesTemplates(container)
      ? ['templates ({{...}}) are not expanded by this version: tasks get them as they are']
      : []),
  ];
}

function isIngress(port: PortConfig): boolean {
  return port.publishMode !== 'host';
}

function ingressWarning(port: PortConfig): string {
  const name = `${port.targetPort}/${port.protocol || 'tcp'}`;
  return `port ${name} is not reachable on every node: this version publishes ports with mode=host only, on the hosts of the tasks`;
}

function usesTemplates({ hostname, env, mounts }: ContainerSpec): boolean {
  return [hostname, ...env, ...mounts.flatMap(({ source, target }) => [source, target])].some((text) => text.includes('{{'));
}
