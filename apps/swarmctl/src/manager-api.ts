import { NetworkSpec, Node, NodeSpec, Service, ServiceSpec, Task } from '#common/proto';
import type { ManagerClient } from './client';
import { asList, asObject, asText, type JsonObject } from './json-values';
import { encodeFilters, pathOf, type Fetched, type Filters } from './api/request-parts';
import { PayloadApi } from './api/payload-api';
import { StreamApi } from './api/stream-api';
import { SwarmApi } from './api/swarm-api';
import { toNetwork, type NetworkAnswer } from './network-answer';
import { toPlan, toRebalancing, toRevisions, type PlanAnswer, type Rebalancing, type Revision } from './service-answers';
import type { TaskExplanation } from './task-explanation';

export type { Fetched, Filters } from './api/request-parts';

/** What comes of a create or an update. */
export interface Written {
  readonly id: string;
  readonly warnings: readonly string[];
}

/** An update of a service. Without a spec it is a rollback to the previous one. */
export interface ServiceUpdate {
  readonly id: string;
  /** The version that the change was made from: another change meanwhile makes the manager refuse this one. */
  readonly version: number;
  readonly spec: ServiceSpec;
  readonly rollback?: boolean;
  readonly registryAuth?: string;
}

function fetched<T>(raw: unknown, decoder: { fromJSON(value: unknown): T }): Fetched<T> {
  return { raw, object: decoder.fromJSON(asObject(raw)) };
}

function toWritten(body: unknown): Written {
  const { ID, Warnings } = asObject(body);
  return { id: typeof ID === 'string' ? ID : '', warnings: Array.isArray(Warnings) ? Warnings.map(String) : [] };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);

function toExplanation({ Nodes, Desired, Failures, Restarts, RunningSince }: JsonObject): TaskExplanation {
  return {
    nodes: asList(Nodes)
      .map(asObject)
      .map(({ NodeID, Hostname, Admitted, Reason }) => ({
        nodeId: textOf(NodeID),
        hostname: textOf(Hostname),
        admitted: Admitted === true,
        reason: textOf(Reason),
      })),
    desiredReason: textOf(asObject(Desired).Reason),
    failures: numberOf(Failures),
    restarts: numberOf(Restarts),
    runningSince: textOf(RunningSince),
  };
}

function authHeader(auth: string | undefined): Record<string, string> {
  return auth === undefined ? {} : { 'X-Registry-Auth': auth };
}

/** The requests that the commands make. Errors are those of `ManagerClient.send`. */
export class ManagerApi {
  readonly secrets: PayloadApi;
  readonly configs: PayloadApi;
  readonly swarm: SwarmApi;
  readonly streams: StreamApi;

  constructor(private readonly client: ManagerClient) {
    this.secrets = new PayloadApi(client, 'secrets');
    this.configs = new PayloadApi(client, 'configs');
    this.swarm = new SwarmApi(client);
    this.streams = new StreamApi(client);
  }

  /** Services; with `status` they carry how many of their tasks run. */
  async services(filters: Filters, status = false): Promise<Fetched<Service>[]> {
    const query = { filters: encodeFilters(filters), status: status ? 'true' : undefined };
    return asList(await this.get('/services', query)).map((raw) => fetched(raw, Service));
  }

  /** One service by id, name or unique prefix of the id. */
  async service(reference: string): Promise<Fetched<Service>> {
    return fetched(await this.get(pathOf('services', reference), { insertDefaults: 'false' }), Service);
  }

  async createService(spec: ServiceSpec, registryAuth?: string): Promise<Written> {
    const body = ServiceSpec.toJSON(spec);
    return toWritten(
      await this.client.send({ method: 'POST', path: '/services/create', body, headers: authHeader(registryAuth) }),
    );
  }

  async updateService({ id, version, spec, rollback, registryAuth }: ServiceUpdate): Promise<Written> {
    const body = await this.client.send({
      method: 'POST',
      path: pathOf('services', id, '/update'),
      query: {
        version: String(version),
        registryAuthFrom: registryAuth === undefined ? 'spec' : undefined,
        rollback: rollback ? 'previous' : undefined,
      },
      body: ServiceSpec.toJSON(spec),
      headers: authHeader(registryAuth),
    });
    return { ...toWritten(body), id };
  }

  /** The revisions that are kept of a service, newest first. */
  async history(reference: string): Promise<Revision[]> {
    return toRevisions(await this.get(pathOf('services', reference, '/history')));
  }

  /** Makes a kept revision the newest one. */
  async rollBackTo(reference: string, revision: number): Promise<Written> {
    const path = pathOf('services', reference, '/rollback');
    return toWritten(await this.client.send({ method: 'POST', path, query: { to: String(revision) } }));
  }

  /** What would come of a spec: for a new service or, with `id`, for one that is there. Nothing is changed. */
  async plan(spec: ServiceSpec, id?: string): Promise<Fetched<PlanAnswer>> {
    const path = id === undefined ? '/services/plan' : pathOf('services', id, '/plan');
    const raw = await this.client.send({ method: 'POST', path, body: ServiceSpec.toJSON(spec) });
    return { raw, object: toPlan(raw) };
  }

  /** Has the tasks of a service spread evenly again; with `dryRun` says only which would move. */
  async rebalance(
    reference: string,
    { maxMoves, dryRun }: { maxMoves?: number; dryRun: boolean },
  ): Promise<Fetched<Rebalancing>> {
    const query = { maxMoves: maxMoves?.toString(), dryRun: dryRun ? '1' : undefined };
    const raw = await this.client.send({ method: 'POST', path: pathOf('services', reference, '/rebalance'), query });
    return { raw, object: toRebalancing(raw) };
  }

  async removeService(reference: string): Promise<void> {
    await this.client.send({ method: 'DELETE', path: pathOf('services', reference) });
  }

  async tasks(filters: Filters): Promise<Fetched<Task>[]> {
    return asList(await this.get('/tasks', { filters: encodeFilters(filters) })).map((raw) => fetched(raw, Task));
  }

  /** One task by id or unique prefix of the id. */
  async task(reference: string): Promise<Fetched<Task>> {
    return fetched(await this.get(pathOf('tasks', reference)), Task);
  }

  /** What the manager tells of a task beyond Docker's API. */
  async explainTask(id: string): Promise<TaskExplanation> {
    return toExplanation(asObject(await this.get(pathOf('tasks', id, '/explain'))));
  }

  async nodes(filters: Filters = {}): Promise<Fetched<Node>[]> {
    return asList(await this.get('/nodes', { filters: encodeFilters(filters) })).map((raw) => fetched(raw, Node));
  }

  /** One node by id, host name or unique prefix of the id. */
  async node(reference: string): Promise<Fetched<Node>> {
    return fetched(await this.get(pathOf('nodes', reference)), Node);
  }

  async updateNode(id: string, version: number, spec: NodeSpec): Promise<void> {
    const path = pathOf('nodes', id, '/update');
    await this.client.send({ method: 'POST', path, query: { version: String(version) }, body: NodeSpec.toJSON(spec) });
  }

  async removeNode(reference: string, force: boolean): Promise<void> {
    await this.client.send({ method: 'DELETE', path: pathOf('nodes', reference), query: { force: force ? '1' : undefined } });
  }

  /** What the manager says of itself and of the swarm. */
  async info(): Promise<JsonObject> {
    return asObject(await this.get('/info'));
  }

  async version(): Promise<JsonObject> {
    return asObject(await this.get('/version'));
  }

  /** Ids of the secrets or configs with these names; names that are not there are missing in the answer. */
  async idsByName(collection: 'secrets' | 'configs', names: readonly string[]): Promise<Map<string, string>> {
    const list = asList(await this.get(`/${collection}`, { filters: encodeFilters({ name: names }) })).map(asObject);
    const pairs = list.map(({ ID, Spec }): [string, string] => [String(asObject(Spec).Name), String(ID)]);
    // The manager takes names for prefixes.
    return new Map(pairs.filter(([name]) => names.includes(name)));
  }

  async networks(filters: Filters): Promise<Fetched<NetworkAnswer>[]> {
    const list = asList(await this.get('/networks', { filters: encodeFilters(filters) }));
    return list.map((raw) => ({ raw, object: toNetwork(raw) }));
  }

  /** One network by id, name or unique prefix of the id; `verbose` with who is on it. */
  async network(reference: string, verbose: boolean): Promise<Fetched<NetworkAnswer>> {
    const raw = await this.get(pathOf('networks', reference), { verbose: verbose ? '1' : undefined });
    return { raw, object: toNetwork(raw) };
  }

  /** @returns its id */
  async createNetwork(spec: NetworkSpec): Promise<string> {
    const body = await this.client.send({ method: 'POST', path: '/networks/create', body: NetworkSpec.toJSON(spec) });
    return asText(asObject(body).Id);
  }

  async removeNetwork(reference: string): Promise<void> {
    await this.client.send({ method: 'DELETE', path: pathOf('networks', reference) });
  }

  /** Id of a network that services can be attached to. */
  async networkId(name: string): Promise<string> {
    const { Id } = asObject(await this.get(pathOf('networks', name), { scope: 'swarm' }));
    return typeof Id === 'string' && Id !== '' ? Id : name;
  }

  /** What the registry says of an image: digest and platforms, as the API has them. */
  async distribution(image: string, registryAuth?: string): Promise<JsonObject> {
    const path = `/distribution/${image.split('/').map(encodeURIComponent).join('/')}/json`;
    return asObject(await this.client.send({ method: 'GET', path, headers: authHeader(registryAuth) }));
  }

  private get(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<unknown> {
    return this.client.send({ method: 'GET', path, query });
  }
}
