import type { ManagerClient } from '../client';
import { asList, asObject, asText } from '../json-values';
import { encodeFilters, pathOf, type Fetched, type Filters } from './request-parts';

/** A secret or a config as people look at it. */
export interface PayloadAnswer {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly driver: string;
  readonly templating: string;
  /** Of a config only. */
  readonly data: Buffer;
}

/** What a new secret or config is made of. */
export interface NewPayload {
  readonly name: string;
  readonly data: Buffer;
  readonly labels: Readonly<Record<string, string>>;
  readonly driver?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  readonly templateDriver?: string;
}

/** What comes of a new value. */
export interface NewVersion {
  /** False when the value is the one that is there. */
  readonly isNew: boolean;
  /** Names of the services that are changed to use it. */
  readonly services: readonly string[];
}

/** Requests about secrets, or about configs. Errors are those of `ManagerClient.send`. */
export class PayloadApi {
  constructor(
    private readonly client: ManagerClient,
    private readonly collection: 'secrets' | 'configs',
  ) {}

  async list(filters: Filters): Promise<Fetched<PayloadAnswer>[]> {
    const query = { filters: encodeFilters(filters) };
    return asList(await this.client.send({ method: 'GET', path: `/${this.collection}`, query })).map(toFetched);
  }

  async get(reference: string): Promise<Fetched<PayloadAnswer>> {
    return toFetched(await this.client.send({ method: 'GET', path: pathOf(this.collection, reference) }));
  }

  /** @returns its id */
  async create({ name, data, labels, driver, driverOptions = {}, templateDriver }: NewPayload): Promise<string> {
    const body = {
      Name: name,
      Labels: labels,
      Data: data.toString('base64'),
      ...(driver === undefined ? {} : { Driver: { Name: driver, Options: driverOptions } }),
      ...(templateDriver === undefined ? {} : { Templating: { Name: templateDriver } }),
    };
    return asText(asObject(await this.client.send({ method: 'POST', path: `/${this.collection}/create`, body })).ID);
  }

  /** Replaces the labels; everything else stays. */
  async relabel(reference: string, change: (labels: PayloadAnswer['labels']) => PayloadAnswer['labels']): Promise<void> {
    const { raw, object } = await this.get(reference);
    const body = { ...asObject(asObject(raw).Spec), Labels: change(object.labels) };
    const query = { version: String(object.version) };
    await this.client.send({ method: 'POST', path: pathOf(this.collection, object.id, '/update'), query, body });
  }

  /** Gives it a new value; with `dryRun` it is only said what would come of that. Services in `except` are left as they are. */
  async addVersion(
    reference: string,
    data: Buffer,
    { dryRun = false, except = [] }: { readonly dryRun?: boolean; readonly except?: readonly string[] } = {},
  ): Promise<NewVersion> {
    const path = pathOf(this.collection, reference, '/versions');
    const query = { dryRun: dryRun ? '1' : undefined, except };
    const body = { Data: data.toString('base64') };
    const { New, Services } = asObject(await this.client.send({ method: 'POST', path, query, body }));
    return { isNew: New === true, services: asList(Services).map(asText) };
  }

  async remove(reference: string): Promise<void> {
    await this.client.send({ method: 'DELETE', path: pathOf(this.collection, reference) });
  }
}

function toFetched(raw: unknown): Fetched<PayloadAnswer> {
  const { ID, Version, CreatedAt, UpdatedAt, Spec } = asObject(raw);
  const { Name, Labels, Driver, Templating, Data } = asObject(Spec);
  const { Index } = asObject(Version);
  const object = {
    id: asText(ID),
    name: asText(Name),
    version: typeof Index === 'number' ? Index : 0,
    createdAt: asText(CreatedAt),
    updatedAt: asText(UpdatedAt),
    labels: Object.fromEntries(Object.entries(asObject(Labels)).map(([key, value]) => [key, asText(value)])),
    driver: asText(asObject(Driver).Name),
    templating: asText(asObject(Templating).Name),
    data: Buffer.from(asText(Data), 'base64'),
  };
  return { raw, object };
}
