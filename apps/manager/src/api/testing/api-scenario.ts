import { NodeAvailability, NodeRole, NodeState, TaskState } from '#common/domain';
import { LeaderRecord, ManagerPresence, Node, ObservedNode, Task, type NodeNetworking } from '#common/proto';
import { keys } from '#common/store';
import { FakeApiStore } from './fake-api-store';
import { startApi, type Answer, type ApiOverrides, type RequestOptions, type RunningApi } from './start-api';

export const MANAGER_ID = 'manager0000000000000000aa';
export const NODE_ID = 'node000000000000000000aaa';
export const OTHER_NODE_ID = 'node000000000000000000bbb';

/** The manager's address as agents know it; the node beside the manager is told by it. */
const MANAGER_ADDRESS = '10.0.0.1:2377';
const CREATED_AT = '2026-01-01T00:00:00Z';

/** Number of keys in a store in which there is a cluster and nothing else. */
export const ONLY_THE_CLUSTER = 1;

/** A service as `inspect` shows it, as far as tests look at it. */
export interface InspectedService {
  ID: string;
  Version: { Index: number };
  Spec: Record<string, unknown>;
  PreviousSpec?: unknown;
  JobStatus?: unknown;
}

/** The least that a service needs, and what a test adds. */
export function spec(name: string, fields: object = {}): object {
  return { Name: name, TaskTemplate: { ContainerSpec: { Image: 'busybox' } }, ...fields };
}

/** A `filters` parameter. */
export function filters(value: object): string {
  return `filters=${encodeURIComponent(JSON.stringify(value))}`;
}

/** The API over a store in memory, and what else a cluster would write into it. */
export class ApiScenario {
  private constructor(
    readonly store: FakeApiStore,
    readonly api: RunningApi,
  ) {}

  static async start(overrides: ApiOverrides = {}): Promise<ApiScenario> {
    const store = await FakeApiStore.start();
    return new ApiScenario(store, await startApi(store, overrides));
  }

  async stop(): Promise<void> {
    await this.api.close();
    this.store.stop();
  }

  get(path: string): Promise<Answer> {
    return this.api.request('GET', path);
  }

  delete(path: string): Promise<Answer> {
    return this.api.request('DELETE', path);
  }

  post(path: string, body?: unknown, headers: RequestOptions['headers'] = {}): Promise<Answer> {
    return this.api.request('POST', path, { body, headers });
  }

  /** Creates a service and returns its id. */
  async createService(name: string, fields: object = {}): Promise<string> {
    const { json } = await this.post('/services/create', spec(name, fields));
    return (json as { ID: string }).ID;
  }

  async inspectService(term: string): Promise<InspectedService> {
    return (await this.get(`/services/${term}`)).json as InspectedService;
  }

  /** Updates from the present version. */
  async updateService(name: string, body: unknown, query = ''): Promise<Answer> {
    const { Version } = await this.inspectService(name);
    return this.post(`/services/${name}/update?version=${Version.Index}${query}`, body);
  }

  async addNode(
    id: string,
    fields: {
      hostname: string;
      role?: NodeRole;
      state?: NodeState;
      besideManager?: boolean;
      networking?: Partial<NodeNetworking>;
    },
  ): Promise<void> {
    const { hostname, role = NodeRole.worker, state = NodeState.ready, besideManager = false, networking } = fields;
    const node = Node.fromPartial({ id, createdAt: CREATED_AT, spec: { role, availability: NodeAvailability.active } });
    const status = { state, addr: '10.0.0.1' };
    const observed = ObservedNode.fromPartial({
      managerId: MANAGER_ID,
      besideManager,
      description: { hostname, networking },
      status,
    });
    await this.put(keys.node(id), Node.encode(node).finish());
    await this.put(keys.nodeStatus(id), ObservedNode.encode(observed).finish());
  }

  async addManager(): Promise<void> {
    const presence = ManagerPresence.fromPartial({ id: MANAGER_ID, agentAddress: MANAGER_ADDRESS });
    await this.put(keys.manager(MANAGER_ID), ManagerPresence.encode(presence).finish());
    await this.put(keys.leader, LeaderRecord.encode(LeaderRecord.fromPartial({ managerId: MANAGER_ID })).finish());
  }

  async addTask(
    id: string,
    serviceId: string,
    fields: {
      state?: TaskState;
      desiredState?: TaskState;
      nodeId?: string;
      serviceVersion?: number;
      createdAt?: string;
      containerId?: string;
    },
  ): Promise<void> {
    const {
      state = TaskState.running,
      desiredState = TaskState.running,
      nodeId = NODE_ID,
      serviceVersion = 0,
      createdAt = '',
      containerId,
    } = fields;
    const task = Task.fromPartial({
      id,
      name: `web.1.${id}`,
      createdAt,
      serviceId,
      serviceName: 'web',
      serviceLabels: { stack: 'st' },
      nodeId,
      slot: 1,
      serviceVersion,
      desiredState,
      status: { state, containerStatus: containerId === undefined ? undefined : { containerId } },
    });
    await this.put(keys.task(id), Task.encode(task).finish());
  }

  private async put(key: string, value: Uint8Array): Promise<void> {
    await this.store.commit([], [{ kind: 'put', key, value }]);
  }
}
