import { NodeAvailability, NodeRole, NodeState } from '#common/domain';
import { NodeDescription, type ManagerStatus, type Node, type NodeSpec } from '#common/proto';
import { versionJson, ZERO_TIME, type JsonObject } from './json-parts';
import { oncePerObject } from './per-object';

const UNKNOWN_DESCRIPTION = { Platform: {}, Resources: {}, Engine: {} };

/** Docker's JSON of a node. */
export const renderNode = oncePerObject((node: Node) => JSON.stringify(nodeJson(node)));

/** The object behind `renderNode`. */
export function nodeJson(node: Node): JsonObject {
  return {
    ID: node.id,
    Version: versionJson(node.version),
    CreatedAt: node.createdAt || ZERO_TIME,
    UpdatedAt: node.updatedAt || ZERO_TIME,
    Spec: nodeSpecJson(node.spec),
    Description: {
      ...(node.description ? (NodeDescription.toJSON(node.description) as JsonObject) : UNKNOWN_DESCRIPTION),
      TLSInfo: {},
    },
    Status: {
      State: node.status?.state ?? NodeState.unknown,
      Message: node.status?.message || undefined,
      Addr: node.status?.addr || undefined,
    },
    ManagerStatus: node.managerStatus && managerStatusJson(node.managerStatus),
  };
}

function nodeSpecJson(spec: NodeSpec | undefined): JsonObject {
  return {
    Name: spec?.name || undefined,
    Labels: spec?.labels ?? {},
    Role: spec?.role ?? NodeRole.worker,
    Availability: spec?.availability ?? NodeAvailability.active,
  };
}

function managerStatusJson({ leader, reachability, addr }: ManagerStatus): JsonObject {
  return { Leader: leader || undefined, Reachability: reachability, Addr: addr || undefined };
}
