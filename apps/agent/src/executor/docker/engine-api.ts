/** Every call takes a signal that ends the request. */
export interface Abortable {
  readonly abortSignal?: AbortSignal;
}

type Strings = Readonly<Record<string, string>>;
/** Docker's filters: every kind of filter has to match, any value of a kind will do. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/**
 * The part of dockerode that the agent uses. Its published declarations leave out that these calls take a signal, and describe
 * answers as complete; here every field of an answer may be missing, because an engine's word is not taken unseen.
 */
export interface EngineApi {
  ping(options: Abortable): Promise<unknown>;
  info(options: Abortable): Promise<EngineInfo>;
  version(options: Abortable): Promise<EngineVersion>;
  createContainer(options: CreateCall & Abortable): Promise<{ readonly id?: string }>;
  /** @param auth `key` is the X-Registry-Auth header; apart from the options, all of which end up in the URL */
  createImage(
    auth: { readonly key: string } | undefined,
    options: { readonly fromImage: string; readonly tag: string } & Abortable,
  ): Promise<NodeJS.ReadableStream>;
  getContainer(id: string): EngineContainer;
  getEvents(options: { readonly since: number; readonly filters: Filters } & Abortable): Promise<NodeJS.ReadableStream>;
  createNetwork(options: { readonly _query: object; readonly _body: object } & Abortable): Promise<unknown>;
  getNetwork(name: string): EngineNetworkHandle;
  listNetworks(options: { readonly filters: Filters } & Abortable): Promise<NetworkInfo[]>;
  listContainers(options: { readonly all: boolean; readonly filters: Filters } & Abortable): Promise<ListedInfo[]>;
}

export interface EngineNetworkHandle {
  remove(options: Abortable): Promise<unknown>;
  connect(options: { readonly _query: object; readonly _body: object } & Abortable): Promise<unknown>;
}

export interface NetworkInfo {
  readonly Name?: string;
  readonly Internal?: boolean;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null };
  readonly Options?: Strings | null;
  readonly Labels?: Strings | null;
}

export interface EngineContainer {
  inspect(options: Abortable): Promise<InspectInfo>;
  start(options: Abortable): Promise<unknown>;
  stop(options: { readonly t: number } & Abortable): Promise<unknown>;
  remove(options: { readonly v: boolean; readonly force: boolean } & Abortable): Promise<unknown>;
}

/** dockerode puts `_query` into the URL and `_body` into the body; left alone it would send everything twice. */
export interface CreateCall {
  readonly _query: { readonly name: string };
  readonly _body: object;
}

export interface EngineVersion {
  readonly Version?: string;
  readonly ApiVersion?: string;
}

export interface EngineInfo {
  readonly OSType?: string;
  readonly Architecture?: string;
  readonly NCPU?: number;
  readonly MemTotal?: number;
  /** `key=value` each. */
  readonly Labels?: readonly string[] | null;
  readonly Plugins?: Readonly<Record<string, readonly string[] | null>>;
  /** What dockerd's `node-generic-resources` say. */
  readonly GenericResources?: readonly GenericResourceInfo[] | null;
}

/** One of both is there. */
export interface GenericResourceInfo {
  readonly NamedResourceSpec?: { readonly Kind?: string; readonly Value?: string } | null;
  readonly DiscreteResourceSpec?: { readonly Kind?: string; readonly Value?: number } | null;
}

export interface ListedInfo {
  readonly Id?: string;
  readonly State?: string;
  /** For people, but the only place of the list that tells the health: `Up 3 minutes (healthy)`. */
  readonly Status?: string;
  readonly Labels?: Strings | null;
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, unknown>> | null };
}

export interface InspectInfo {
  readonly Id?: string;
  readonly State?: {
    readonly Status?: string;
    readonly Pid?: number;
    readonly ExitCode?: number;
    readonly Error?: string;
    readonly OOMKilled?: boolean;
    readonly StartedAt?: string;
    readonly FinishedAt?: string;
    readonly Health?: { readonly Status?: string } | null;
  };
  readonly Config?: { readonly Labels?: Strings | null; readonly StopTimeout?: number | null };
  readonly NetworkSettings?: {
    readonly Ports?: Readonly<Record<string, readonly { readonly HostPort?: string }[] | null>> | null;
  };
}

export interface EventInfo {
  readonly Type?: string;
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Strings };
}
