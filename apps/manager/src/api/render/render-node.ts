import { NodeAvailability, NodeRole, NodeState } from '#common/domain';
import { NodeDescription, type ManagerStatus, type Node, type NodeSpec } from '#common/proto';
import { versionJson, ZERO_TIME, type JsonObject } from './json-parts';
import { oncePerPair } from './per-object';

/** The root certificate of a cluster: itself in PEM, its subject and public key in base64 of DER. Empty where there is none. */
export interface Trust {
  readonly certificate: string;
  readonly subject: string;
  readonly publicKey: string;
}

const UNKNOWN_DESCRIPTION = { Platform: {}, Resources: {}, Engine: {} };

/** Docker's JSON of a node, and of whom it trusts. */
export const renderNode = oncePerPair((node: Node, trust: Trust) => JSON.stringify(nodeJson(node, trust)));

/** Docker's TLSInfo. */
export function trustJson({ certificate, subject, publicKey }: Trust): JsonObject {
  if (certificate === '') return {};
  return { TrustRoot: certificate, CertIssuerSubject: subject, CertIssuerPublicKey: publicKey };
}

function nodeJson(node: Node, trust: Trust): JsonObject {
  return {
    ID: node.id,
    Version: versionJson(node.version),
    CreatedAt: node.createdAt || ZERO_TIME,
    UpdatedAt: node.updatedAt || ZERO_TIME,
    Spec: nodeSpecJson(node.spec),
    Description: {
      ...(node.description ? (NodeDescription.toJSON(node.description) as JsonObject) : UNKNOWN_DESCRIPTION),
      TLSInfo: trustJson(trust),
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
