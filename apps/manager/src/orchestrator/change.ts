import type { TaskState } from '#common/domain';
import type { Revision } from '#common/store';
import type {
  EndpointVirtualIp,
  GenericResource,
  NetworkAttachment,
  RebalanceRequest,
  RegistryCredentials,
  Service,
  Task,
  UpdateStatus,
} from '#common/proto';

/** What every decision returns, and all that `commitChanges` understands. */
export type Change =
  | { kind: 'createTask'; task: Task }
  | { kind: 'setDesiredState'; task: Task; to: TaskState; reason: string }
  | { kind: 'assignTask'; task: Task; nodeId: string; genericResources: GenericResource[] }
  | { kind: 'attachTask'; task: Task; attachments: NetworkAttachment[] }
  | { kind: 'holdTask'; task: Task; reason: string }
  | { kind: 'deleteTask'; taskId: string }
  | { kind: 'setUpdateStatus'; serviceId: string; status: UpdateStatus }
  | { kind: 'setEndpoint'; serviceId: string; virtualIps: EndpointVirtualIp[] }
  | { kind: 'rollBack'; service: Service; message: string; credentials: RegistryCredentials | undefined }
  /** Without a request it is done. Gives way to another request than the one that was seen. */
  | { kind: 'setRebalance'; serviceId: string; request: RebalanceRequest | undefined; seen: Revision };

/** A plan for one service: what to change now, and when to look again if nothing else happens. */
export interface Plan {
  changes: Change[];
  requeueAfterMs?: number;
}
