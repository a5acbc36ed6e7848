import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatAddress, holdsAddress, readIpNetwork, readSubnet } from '#common/domain';
import { DomainError, isCode } from '#common/errors';
import type { Network } from '#common/proto';
import type { ClusterView } from '#common/store';
import { isJsonObject } from '#common/wire';
import { randomName } from '../commands/random-name';
import { jsonText, readBody, requireJson } from '../http/json-body';
import { canonicalTarget } from '../http/request-target';
import { findNetwork } from '../lookup';
import type { JsonObject } from '../render/json-parts';
import type { EngineProxy } from './engine-proxy';
import { askEngine, readText, type EngineCall } from './engine-request';
import type { Engines } from './engines';
import type { OverlayAttachments } from './overlay-attachments';
import {
  onEngineNetwork,
  toEndpointSettings,
  wantedAddresses,
  wantedAliases,
  wantedEndpoint,
  wantedNetwork,
} from './overlay-container';

const CREATE = '/containers/create';
/** An engine that is asked for one object answers within milliseconds; a busy one later. */
const ENGINE_TIMEOUT_MS = 30_000;

/** Containers of the manager's host that are to be on overlay networks. */
export class ContainerRequests {
  constructor(
    private readonly tools: {
      /** Undefined while this manager is locked, and on a worker. */
      readonly view: () => ClusterView | undefined;
      readonly engines: Engines;
      readonly proxy: EngineProxy;
      readonly attachments: OverlayAttachments;
    },
  ) {}

  /** Whether a request makes a container. @param url path and query without the version */
  isCreation(method: string | undefined, url: string): boolean {
    return method === 'POST' && url.split('?', 1)[0] === CREATE;
  }

  /** Has the engine make a container; one on an overlay network gets its place there first. @throws DomainError as OverlayAttachments.attach */
  async create(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
    const { proxy, attachments } = this.tools;
    const text = (await readBody(request)).toString('utf8');
    if (text !== '') requireJson(request);
    const body = objectIn(text);
    const wanted = body && wantedNetwork(body);
    const network = wanted === undefined ? undefined : this.find(wanted);
    if (!body || wanted === undefined || !network) return proxy.forward(request, response, url, text);
    const addresses = chosenAddresses(wantedEndpoint(body, wanted), network);
    // The container's name is known on the network: it has to be known before.
    const named = withName(url);
    const place = await attachments.attach({ network, name: named.name, aliases: wantedAliases(body, wanted), addresses });
    const made = await this.make(named.url, onEngineNetwork(body, wanted, place.endpoint)).catch(async (error: unknown) => {
      await attachments.settle(place.taskId, undefined);
      throw error;
    });
    await attachments.settle(place.taskId, made.id);
    response.writeHead(made.status, { 'content-type': 'application/json' }).end(made.text);
  }

  /** Puts a container of this host on an overlay network. @throws DomainError NOT_FOUND · as OverlayAttachments.attach */
  async connect(network: Network, body: unknown): Promise<void> {
    const { Container: reference, EndpointConfig: given } = requireObject(body);
    const addresses = chosenAddresses(given, network);
    const { id, name } = await this.inspect(String(reference ?? ''));
    const aliases = wantedAliases({ NetworkingConfig: { EndpointsConfig: { it: given } } } as JsonObject, 'it');
    const { taskId, endpoint } = await this.tools.attachments.attach({ network, name, aliases, addresses, containerId: id });
    const settings = { Container: id, EndpointConfig: toEndpointSettings(endpoint, given) };
    try {
      await this.ask('POST', `/networks/${encodeURIComponent(endpoint.engineNetwork)}/connect`, settings);
    } catch (error) {
      await this.tools.attachments.settle(taskId, undefined);
      throw error;
    }
  }

  /** Takes a container of this host off an overlay network. @throws DomainError NOT_FOUND it is not on it */
  async disconnect(network: Network, body: unknown): Promise<void> {
    const { Container: reference, Force } = requireObject(body);
    const { id, name } = await this.inspect(String(reference ?? ''));
    const place = this.tools.attachments.find(network, { id, name });
    if (!place) throw new DomainError('NOT_FOUND', `container ${name} is not connected to network ${network.spec?.name ?? ''}`);
    await this.ask('POST', `/networks/${encodeURIComponent(place.endpoint.engineNetwork)}/disconnect`, { Container: id, Force });
    await this.tools.attachments.settle(place.taskId, undefined);
  }

  /** Has the engine make the container. Without an id, the engine has refused. */
  private async make(path: string, body: JsonObject): Promise<{ status: number; text: string; id: string | undefined }> {
    const headers = { 'content-type': 'application/json' };
    const { status, text } = await this.send({ method: 'POST', path, headers, body: jsonText(body) });
    const { Id: id } = status === 201 ? (objectIn(text) ?? {}) : {};
    return { status, text, id: typeof id === 'string' ? id : undefined };
  }

  private async inspect(reference: string): Promise<{ id: string; name: string }> {
    // Clients also give the name as the engine shows it, with a slash before it.
    const path = canonicalTarget(`/containers/${encodeURIComponent(reference.replace(/^\//, ''))}/json`);
    const { Id, Name } = JSON.parse(await this.ask('GET', path)) as Record<string, string>;
    return { id: Id ?? '', name: (Name ?? '').replace(/^\//, '') };
  }

  /** Asks this host's engine in its newest version. @throws DomainError in the engine's words */
  private async ask(method: string, path: string, body?: object): Promise<string> {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const { status, text } = await this.send({ method, path, headers, body: body && jsonText(body) });
    if (status >= 200 && status < 300) return text;
    throw new DomainError(CODES[status] ?? 'INTERNAL', messageIn(text));
  }

  private async send(call: EngineCall): Promise<{ status: number; text: string }> {
    const answer = await askEngine(this.tools.engines, 'host', { ...call, signal: AbortSignal.timeout(ENGINE_TIMEOUT_MS) });
    return { status: answer.statusCode ?? 0, text: await readText(answer) };
  }

  private find(name: string): Network | undefined {
    const view = this.tools.view();
    try {
      return view && findNetwork(view, name);
    } catch (error) {
      // A beginning of several ids means none of them: it may be a network of the engine.
      if (isCode(error, 'NOT_FOUND', 'INVALID_ARGUMENT')) return undefined;
      throw error;
    }
  }
}

const CODES: Readonly<Record<number, 'NOT_FOUND' | 'INVALID_ARGUMENT' | 'ALREADY_EXISTS' | 'PERMISSION_DENIED'>> = {
  400: 'INVALID_ARGUMENT',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
};

/** What is no object is for the engine to refuse. */
function objectIn(text: string): JsonObject | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isJsonObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function requireObject(body: unknown): JsonObject {
  if (isJsonObject(body)) return body;
  throw new DomainError(
    'INVALID_ARGUMENT',
    'the request body is no JSON object: it has to name the container ({"Container": …})',
  );
}

function messageIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}

/** @throws DomainError INVALID_ARGUMENT in Docker's words, when one is none of the network's */
function chosenAddresses(endpoint: unknown, { spec }: Network): string[] {
  const subnets = (spec?.ipam?.config ?? []).flatMap(({ subnet }) => readSubnet(subnet) ?? []);
  const wanted = wantedAddresses(endpoint);
  const outside = wanted.find((address) => !subnets.some((subnet) => holdsAddress(subnet, address)));
  if (outside !== undefined)
    throw new DomainError('INVALID_ARGUMENT', `Invalid address ${outside}: It does not belong to any of this network's subnets`);
  return wanted.flatMap((address) => readIpNetwork(address) ?? []).map(({ bits, width }) => formatAddress(bits, width));
}

/** The URL with the container's name in it: the one that was wanted, or one that is chosen. */
function withName(url: string): { url: string; name: string } {
  const [path = '', query = ''] = url.split('?');
  const parameters = new URLSearchParams(query);
  const name = parameters.get('name') || randomName();
  parameters.set('name', name);
  return { url: `${path}?${parameters.toString()}`, name: name.replace(/^\//, '') };
}
