import { findPredefinedNetwork, OVERLAY_LABEL, PREDEFINED_NETWORKS } from '#common/domain';
import { isCode } from '#common/errors';
import { NetworkSpec, type Network } from '#common/proto';
import { decodeJson } from '#common/wire';
import { ContainerRequests } from '../engine/container-requests';
import { HostEngine } from '../engine/host-engine';
import type { Filters } from '../filters/parse-filters';
import type { JsonObject } from '../render/json-parts';
import { Controller, Delete, Get, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from '../http/exchange';
import { NetworkCommands } from '../commands/network-commands';
import { matchesNetwork, matchesPredefined, parseNetworkFilters } from '../filters/network-filters';
import { readJsonBody } from '../http/json-body';
import { queryFlag, queryOf } from '../http/query';
import { sendEmpty, sendJson, sendNoContent } from '../http/send';
import { requireCluster, StoreSyncedGuard, viewOfManager } from '../http/store-synced.guard';
import { findNetwork } from '../lookup';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';
import { networkJson, networkProblems, predefinedNetworkJson, verboseNetworkJson } from '../render/render-network';

const SWARM_SCOPE = 'swarm';

/** Overlay networks, beside those of this host's engine. */
@Controller('networks')
@UseGuards(StoreSyncedGuard)
export class NetworksController {
  constructor(
    @Inject(API_DEPENDENCIES) private readonly api: ApiDependencies,
    private readonly commands: NetworkCommands,
    private readonly host: HostEngine,
    private readonly containers: ContainerRequests,
  ) {}

  @Get()
  async list(@Req() request: Request, @Res() response: Response): Promise<void> {
    const filters = parseNetworkFilters(queryOf(request).get('filters'));
    const { view } = this.api.store;
    const used = new Set(view.services().flatMap(({ spec }) => (spec?.taskTemplate?.networks ?? []).map(({ target }) => target)));
    const ofCluster = viewOfManager(this.api)?.networks() ?? [];
    const networks = ofCluster.filter((network) => matchesNetwork(filters, network, (id) => used.has(id)));
    sendJson(response, 200, [...(await this.localNetworks(request, filters)), ...networks.map(networkJson)]);
  }

  @Get(':id')
  async inspect(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const query = queryOf(request);
    const { view } = this.api.store;
    const predefined = findPredefinedNetwork(id);
    if (predefined && query.get('scope') === SWARM_SCOPE) return sendJson(response, 200, predefinedNetworkJson(predefined));
    const network = this.find(id);
    if (!network) {
      const absent = (): void => {
        requireCluster(this.api);
        sendJson(response, 200, networkJson(findNetwork(view, id)));
      };
      return this.elsewhere(
        request,
        response,
        predefined ? () => sendJson(response, 200, predefinedNetworkJson(predefined)) : absent,
      );
    }
    const nodes = view.nodes();
    const Problems = networkProblems(network.id, nodes);
    if (!queryFlag(query, 'verbose')) return sendJson(response, 200, { ...networkJson(network), Problems });
    const members = { services: view.services(), tasks: view.tasksOnNetwork(network.id), nodes };
    return sendJson(response, 200, { ...verboseNetworkJson(network, members), Problems });
  }

  @Post('create')
  async create(@Req() request: Request, @Res() response: Response): Promise<void> {
    const body = await readJsonBody(request);
    const create = async (): Promise<void> => {
      requireCluster(this.api);
      sendJson(response, 201, { Id: await this.commands.create(body), Warning: '' });
    };
    return isForSwarm(body) ? create() : this.elsewhere(request, response, create, body);
  }

  @Post('prune')
  async prune(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.host.answer(request, response);
  }

  @Post(':id/connect')
  async connect(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const network = this.find(id);
    if (!network) return this.host.answer(request, response);
    await this.containers.connect(network, await readJsonBody(request));
    sendEmpty(response);
  }

  @Post(':id/disconnect')
  async disconnect(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const network = this.find(id);
    if (!network) return this.host.answer(request, response);
    await this.containers.disconnect(network, await readJsonBody(request));
    sendEmpty(response);
  }

  @Delete(':id')
  async remove(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const remove = async (): Promise<void> => {
      requireCluster(this.api);
      await this.commands.remove(id);
      sendNoContent(response);
    };
    if (this.find(id) || findPredefinedNetwork(id)) return remove();
    return this.elsewhere(request, response, remove);
  }

  /** Those of this host's engine, but for what the overlay networks are made of there; without an engine, those that every engine has. */
  private async localNetworks(request: Request, filters: Filters): Promise<JsonObject[]> {
    const networks = await this.host.readList(request.originalUrl);
    if (!networks) return PREDEFINED_NETWORKS.filter((network) => matchesPredefined(filters, network)).map(predefinedNetworkJson);
    return networks.filter(({ Labels: labels }) => !(labels && OVERLAY_LABEL in (labels as object)));
  }

  /** One of the cluster's; none of them while this manager is locked, nor on a worker. */
  private find(id: string): Network | undefined {
    const view = viewOfManager(this.api);
    try {
      return view && findNetwork(view, id);
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }

  /** Lets this host's engine answer; where there is none, `otherwise` does. */
  private async elsewhere(
    request: Request,
    response: Response,
    otherwise: () => void | Promise<void>,
    body?: unknown,
  ): Promise<void> {
    try {
      await this.host.answer(request, response, body);
    } catch (error) {
      if (!isCode(error, 'UNIMPLEMENTED')) throw error;
      await otherwise();
    }
  }
}

/** Other networks are made by this host's engine. */
function isForSwarm(body: unknown): boolean {
  const { driver, scope, ingress } = NetworkSpec.fromJSON(decodeJson('NetworkSpec', body));
  return driver === 'overlay' || scope === SWARM_SCOPE || ingress;
}
