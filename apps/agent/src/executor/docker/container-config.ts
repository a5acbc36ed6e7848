import { DEFAULT_STOP_GRACE_PERIOD_NANOS, NANOS_PER_SECOND } from '#common/domain';
import { DomainError } from '#common/errors';
import type { ContainerSpec, HealthConfig, Task } from '#common/proto';
import type { FileMount } from '../../payloads/file-host';
import type { EngineAttachment } from '../overlay-engine';
import type { ApiMinor } from './api-version';
import { identityLabels, taskName } from './labels';
import { toFileMount, toMountConfig } from './mount-config';
import { toPortSettings } from './port-config';
import { genericResourceEnv, toResourceConfig, toUlimits } from './resource-config';
import { toSecurityOptions } from './security-options';
import { toNetworkingConfig, toNetworkSettings } from './network-config';
import { assertSupported } from './unsupported';

/** A request to make a container. */
export interface CreateRequest {
  readonly name: string;
  readonly image: string;
  readonly stopTimeoutSeconds: number;
  /** Body of the engine's create call. */
  readonly body: object;
}

/** What is not in the task. */
export interface CreateContext {
  readonly clusterId: string;
  readonly api: ApiMinor;
  readonly attachments?: readonly EngineAttachment[];
  readonly files?: readonly FileMount[];
}

const START_INTERVAL_API: ApiMinor = 44;
const NAME_PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/**
 * The container's name, or undefined when it would not be one that the engine accepts. Names go into URLs: anything else must
 * not get there.
 */
export function containerName(task: Task): string | undefined {
  const name = taskName(task);
  return NAME_PATTERN.test(name) ? name : undefined;
}

/**
 * The engine's create call for a task. What the spec does not say is left out, so that the image's or the engine's default holds.
 * @throws DomainError UNIMPLEMENTED · INVALID_ARGUMENT
 */
export function toCreateRequest(task: Task, { clusterId, api, attachments = [], files = [] }: CreateContext): CreateRequest {
  assertSupported(task, api);
  const spec = task.spec?.containerSpec;
  const name = containerName(task);
  if (!spec || !name)
    throw new DomainError('INVALID_ARGUMENT', 'the name of the service or the node cannot be part of a container name');
  const stopTimeoutSeconds = Math.ceil((spec.stopGracePeriod ?? DEFAULT_STOP_GRACE_PERIOD_NANOS) / NANOS_PER_SECOND);
  const { ExposedPorts, PortBindings } = toPortSettings(task);
  const body = {
    ...toProcess(spec, task),
    Labels: { ...spec.labels, ...identityLabels(task, clusterId) },
    StopSignal: spec.stopSignal || undefined,
    StopTimeout: stopTimeoutSeconds,
    Healthcheck: spec.healthcheck && toHealthcheck(spec.healthcheck, api),
    ExposedPorts,
    HostConfig: {
      ...toHostConfig(spec, task),
      ...toNetworkSettings(spec, task, attachments),
      Mounts: [...spec.mounts.map(toMountConfig), ...files.map(toFileMount)],
      PortBindings,
    },
    NetworkingConfig: toNetworkingConfig(attachments, api),
  };
  return { name, image: spec.image, stopTimeoutSeconds, body };
}

function toProcess(spec: ContainerSpec, task: Task): object {
  return {
    Image: spec.image,
    // A service's command replaces the image's entrypoint; its arguments alone go to the image's own.
    Entrypoint: spec.command.length > 0 ? spec.command : undefined,
    Cmd: spec.args.length > 0 ? spec.args : undefined,
    Env: [...spec.env, ...genericResourceEnv(task.genericResources)],
    WorkingDir: spec.dir || undefined,
    User: spec.user || undefined,
    Hostname: spec.hostname || undefined,
    Tty: spec.tty || undefined,
    OpenStdin: spec.openStdin || undefined,
  };
}

function toHostConfig(spec: ContainerSpec, task: Task): object {
  const logDriver = task.spec?.logDriver ?? task.defaultLogDriver;
  return {
    ...toResourceConfig(task.spec?.resources),
    // The manager decides about restarts.
    RestartPolicy: { Name: 'no' },
    ReadonlyRootfs: spec.readOnly || undefined,
    Init: spec.init,
    Isolation: spec.isolation || undefined,
    Sysctls: spec.sysctls,
    CapAdd: spec.capabilityAdd,
    CapDrop: spec.capabilityDrop,
    GroupAdd: spec.groups,
    Ulimits: toUlimits(spec.ulimits),
    OomScoreAdj: spec.oomScoreAdj || undefined,
    SecurityOpt: toSecurityOptions(spec.privileges),
    ExtraHosts: spec.hosts.flatMap(toExtraHosts),
    LogConfig: logDriver && { Type: logDriver.name, Config: logDriver.options },
  };
}

/** A line of an /etc/hosts file as the engine wants it: one `name:address` per name. */
function toExtraHosts(line: string): string[] {
  const [address, ...names] = line.trim().split(/\s+/);
  return names.map((name) => `${name}:${address}`);
}

function toHealthcheck(health: HealthConfig, api: ApiMinor): object {
  return {
    Test: health.test,
    Interval: health.interval || undefined,
    Timeout: health.timeout || undefined,
    StartPeriod: health.startPeriod || undefined,
    // Only how often a starting container is probed: an engine that does not know it probes at the usual interval.
    StartInterval: api >= START_INTERVAL_API ? health.startInterval || undefined : undefined,
    Retries: health.retries || undefined,
  };
}
