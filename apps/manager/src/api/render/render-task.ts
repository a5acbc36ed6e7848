import { TaskState } from '#common/domain';
import { GenericResource, NetworkAttachment, PortConfig, type ContainerStatus, type Task, type TaskStatus } from '#common/proto';
import { nonEmpty, versionJson, ZERO_TIME, type JsonObject } from './json-parts';
import { taskSpecJson } from './spec-json';

/** Docker's JSON of a task. What our own message holds beyond Docker's stays out. */
export function renderTask(task: Task): string {
  return JSON.stringify(taskJson(task));
}

/** The object behind `renderTask`. */
export function taskJson(task: Task): JsonObject {
  return {
    ID: task.id,
    Version: versionJson(task.version),
    CreatedAt: task.createdAt || ZERO_TIME,
    UpdatedAt: task.updatedAt || ZERO_TIME,
    Labels: task.labels,
    Spec: task.spec ? taskSpecJson(task.spec) : {},
    ServiceID: task.serviceId || undefined,
    Slot: task.slot || undefined,
    NodeID: task.nodeId || undefined,
    Status: statusJson(task.status),
    DesiredState: task.desiredState,
    NetworksAttachments: nonEmpty(task.networksAttachments.map((attachment) => NetworkAttachment.toJSON(attachment))),
    GenericResources: nonEmpty(task.genericResources.map((resource) => GenericResource.toJSON(resource))),
    JobIteration: task.jobIteration && versionJson(task.jobIteration),
  };
}

function statusJson(status: TaskStatus | undefined): JsonObject {
  return {
    Timestamp: status?.timestamp || ZERO_TIME,
    State: status?.state ?? TaskState.new,
    Message: status?.message || undefined,
    Err: status?.err || undefined,
    ContainerStatus: status?.containerStatus && containerStatusJson(status.containerStatus),
    PortStatus: { Ports: nonEmpty((status?.portStatus?.ports ?? []).map((port) => PortConfig.toJSON(port))) },
  };
}

function containerStatusJson(status: ContainerStatus): JsonObject {
  return { ContainerID: status.containerId, PID: status.pid ?? 0, ExitCode: status.exitCode ?? 0 };
}
