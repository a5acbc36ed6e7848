import {
  EndpointSpec,
  PortConfig,
  SpecChange_Kind,
  type JobStatus,
  type Service,
  type ServiceEndpoint,
  type ServiceRevision,
  type UpdateStatus,
} from '#common/proto';
import { withDefaults } from '../defaults';
import { nonEmpty, versionJson, ZERO_TIME, type JsonObject } from './json-parts';
import { oncePerObject } from './per-object';
import { specJson } from './spec-json';
import type { ServiceStatusCounts } from '../count-tasks';

/** Docker's JSON of a service, as its client left it. */
export const renderService = oncePerObject((service: Service) => JSON.stringify(serviceJson(service)));

/** Docker's JSON of a service, with all that its spec leaves to us written out (`insertDefaults=true`). */
export const renderServiceWithDefaults = oncePerObject((service: Service) =>
  JSON.stringify(serviceJson({ ...service, spec: service.spec && withDefaults(service.spec) })),
);

/** Docker's JSON of a service with its tasks counted (`status=true`). The counts change without the service, the rest is kept. */
export function renderServiceWithStatus(service: Service, counts: ServiceStatusCounts): string {
  const status = { RunningTasks: counts.running, DesiredTasks: counts.desired, CompletedTasks: counts.completed };
  return `${renderService(service).slice(0, -1)},"ServiceStatus":${JSON.stringify(status)}}`;
}

/** The object behind the three renderings. */
export function serviceJson(service: Service): JsonObject {
  return {
    ID: service.id,
    Version: versionJson(service.version),
    CreatedAt: service.createdAt || ZERO_TIME,
    UpdatedAt: service.updatedAt || ZERO_TIME,
    Spec: service.spec && specJson(service.spec),
    PreviousSpec: service.previousSpec && specJson(service.previousSpec),
    Endpoint: endpointJson(service.endpoint),
    UpdateStatus: service.updateStatus && updateStatusJson(service.updateStatus),
    JobStatus: service.jobStatus && jobStatusJson(service.jobStatus),
  };
}

/** One revision of a service's history. Ours, in Docker's manner. */
export function revisionJson(revision: ServiceRevision): JsonObject {
  const { number, createdAt, change, spec } = revision;
  return {
    Number: number,
    CreatedAt: createdAt,
    Change: { Kind: change?.kind ?? SpecChange_Kind.update, Message: change?.message ?? '' },
    Spec: spec && specJson(spec),
  };
}

/** Docker shows an endpoint only for what it publishes. */
function endpointJson(endpoint: ServiceEndpoint | undefined): JsonObject {
  if (!endpoint || (endpoint.ports.length === 0 && endpoint.virtualIps.length === 0)) return { Spec: {} };
  return {
    Spec: endpoint.spec ? EndpointSpec.toJSON(endpoint.spec) : {},
    Ports: nonEmpty(endpoint.ports.map((port) => PortConfig.toJSON(port))),
    VirtualIPs: nonEmpty(endpoint.virtualIps.map(({ networkId, addr }) => ({ NetworkID: networkId, Addr: addr || undefined }))),
  };
}

function updateStatusJson(status: UpdateStatus): JsonObject {
  return {
    State: status.state,
    StartedAt: status.startedAt || undefined,
    CompletedAt: status.completedAt || undefined,
    Message: status.message || undefined,
  };
}

function jobStatusJson(status: JobStatus): JsonObject {
  return { JobIteration: versionJson(status.jobIteration), LastExecution: status.lastExecution || ZERO_TIME };
}
