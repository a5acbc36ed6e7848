import {
  DEFAULT_FAILURE_ACTION,
  DEFAULT_REPLICAS,
  DEFAULT_RESTART_CONDITION,
  DOCKER_RESTART_DELAY_NANOS,
  DEFAULT_STOP_GRACE_PERIOD_NANOS,
  DEFAULT_UPDATE_MONITOR_NANOS,
  DEFAULT_UPDATE_ORDER,
  DEFAULT_UPDATE_PARALLELISM,
} from '#common/domain';
import type {
  ContainerSpec,
  EndpointSpec,
  Mount,
  NetworkAttachmentConfig,
  PortConfig,
  ReplicatedJobMode,
  ResourceRequirements,
  RestartPolicy,
  ServiceMode,
  ServiceSpec,
  TaskSpec,
  UpdateConfig,
} from '#common/proto';

/** Jobs run one task at a time unless told otherwise, as many as shall complete. */
const DEFAULT_JOB_CONCURRENCY = 1;

const NO_RESOURCES: ResourceRequirements = {
  limits: undefined,
  reservations: undefined,
  swapBytes: undefined,
  memorySwappiness: undefined,
};

/**
 * Fills in what Docker stores when a client is silent: the zero values of its enumerations, and the mode. Networks that an old
 * client puts beside the task move into it, where nodes look for them. Idempotent.
 */
export function completeSpec(spec: ServiceSpec): ServiceSpec {
  return {
    ...spec,
    taskTemplate: spec.taskTemplate && completeTask(spec.taskTemplate, spec.networks),
    networks: [],
    mode: completeMode(spec.mode),
    updateConfig: spec.updateConfig && completeUpdate(spec.updateConfig),
    rollbackConfig: spec.rollbackConfig && completeUpdate(spec.rollbackConfig),
    endpointSpec: completeEndpoint(spec.endpointSpec),
  };
}

/** Writes out every default that a reader would otherwise have to know (`insertDefaults=true`); nothing stored changes. */
export function withDefaults(spec: ServiceSpec): ServiceSpec {
  return {
    ...spec,
    taskTemplate: spec.taskTemplate && taskWithDefaults(spec.taskTemplate),
    updateConfig: updateWithDefaults(spec.updateConfig),
    rollbackConfig: updateWithDefaults(spec.rollbackConfig),
  };
}

function completeTask(task: TaskSpec, serviceNetworks: NetworkAttachmentConfig[]): TaskSpec {
  return {
    ...task,
    networks: task.networks.length > 0 ? task.networks : serviceNetworks,
    containerSpec: task.containerSpec && completeContainer(task.containerSpec),
    restartPolicy: task.restartPolicy && completeRestart(task.restartPolicy),
    forceUpdate: task.forceUpdate ?? 0,
    runtime: task.runtime || 'container',
  };
}

function completeContainer(container: ContainerSpec): ContainerSpec {
  return {
    ...container,
    mounts: container.mounts.map((mount): Mount => ({ ...mount, type: mount.type || 'bind' })),
    isolation: container.isolation || 'default',
    ulimits: container.ulimits.map((ulimit) => ({ ...ulimit, hard: ulimit.hard ?? 0, soft: ulimit.soft ?? 0 })),
  };
}

function completeRestart(policy: RestartPolicy): RestartPolicy {
  return { ...policy, condition: policy.condition || DEFAULT_RESTART_CONDITION, maxAttempts: policy.maxAttempts ?? 0 };
}

/** A policy that is given is taken at its word: parallelism 0 is "all at once", not the default. */
function completeUpdate(config: UpdateConfig): UpdateConfig {
  return {
    ...config,
    parallelism: config.parallelism ?? 0,
    failureAction: config.failureAction || DEFAULT_FAILURE_ACTION,
    maxFailureRatio: config.maxFailureRatio ?? 0,
    order: config.order || DEFAULT_UPDATE_ORDER,
  };
}

function completeMode(mode: ServiceMode | undefined): ServiceMode {
  const none: ServiceMode = { replicated: undefined, global: undefined, replicatedJob: undefined, globalJob: undefined };
  if (mode?.global || mode?.globalJob) return mode;
  if (mode?.replicatedJob) return { ...none, replicatedJob: completeJob(mode.replicatedJob) };
  return { ...none, replicated: { replicas: mode?.replicated?.replicas ?? DEFAULT_REPLICAS } };
}

function completeJob(job: ReplicatedJobMode): ReplicatedJobMode {
  const maxConcurrent = job.maxConcurrent ?? DEFAULT_JOB_CONCURRENCY;
  return { maxConcurrent, totalCompletions: job.totalCompletions ?? maxConcurrent };
}

/** Some clients skip a service that names no endpoint mode, so it is always there. */
function completeEndpoint(endpoint: EndpointSpec | undefined): EndpointSpec {
  return { mode: endpoint?.mode || 'vip', ports: (endpoint?.ports ?? []).map(completePort) };
}

function completePort(port: PortConfig): PortConfig {
  return { ...port, protocol: port.protocol.toLowerCase() || 'tcp', publishMode: port.publishMode || 'ingress' };
}

function taskWithDefaults(task: TaskSpec): TaskSpec {
  return {
    ...task,
    containerSpec: task.containerSpec && containerWithDefaults(task.containerSpec),
    resources: task.resources ?? NO_RESOURCES,
    restartPolicy: restartWithDefaults(task.restartPolicy),
    placement: task.placement ?? { constraints: [], preferences: [], maxReplicas: 0, platforms: [] },
  };
}

function containerWithDefaults(container: ContainerSpec): ContainerSpec {
  return {
    ...container,
    stopGracePeriod: container.stopGracePeriod ?? DEFAULT_STOP_GRACE_PERIOD_NANOS,
    dnsConfig: container.dnsConfig ?? { nameservers: [], search: [], options: [] },
  };
}

function restartWithDefaults(policy: RestartPolicy | undefined): RestartPolicy {
  const known = policy ?? { condition: '', delay: undefined, maxAttempts: undefined, window: undefined };
  return { ...completeRestart(known), delay: known.delay ?? DOCKER_RESTART_DELAY_NANOS };
}

function updateWithDefaults(config: UpdateConfig | undefined): UpdateConfig {
  const known = config ?? {
    parallelism: DEFAULT_UPDATE_PARALLELISM,
    delay: 0,
    failureAction: '',
    monitor: 0,
    maxFailureRatio: undefined,
    order: undefined,
  };
  return { ...completeUpdate(known), monitor: known.monitor || DEFAULT_UPDATE_MONITOR_NANOS };
}
