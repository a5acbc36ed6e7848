import { findPredefinedNetwork, PREDEFINED_NETWORKS } from '#common/domain';
import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { NetworkCommands } from '../commands/network-commands';
import { matchesNetwork, matchesPredefined, parseNetworkFilters } from '../filters/network-filters';
import { readJsonBody } from '../http/json-body';
import { queryFlag, queryOf } from '../http/query';
import { sendJson } from '../http/send';
import { StoreSyncedGuard } from '../http/store-synced.guard';
import { findNetwork } from '../lookup';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';
import { networkJson, predefinedNetworkJson, verboseNetworkJson } from '../render/render-network';

/** Overlay networks, and those that every engine has by itself, so that services can be attached to them. */
@Controller('networks')
@UseGuards(StoreSyncedGuard)
export class NetworksController {
  constructor(
    @Inject(API_DEPENDENCIES) private readonly api: ApiDependencies,
    private readonly commands: NetworkCommands,
  ) {}

  @Get()
  list(@Req() request: Request, @Res() response: Response): void {
    const filters = parseNetworkFilters(queryOf(request).get('filters'));
    const { view } = this.api.store;
    const used = new Set(view.services().flatMap(({ spec }) => (spec?.taskTemplate?.networks ?? []).map(({ target }) => target)));
    const predefined = PREDEFINED_NETWORKS.filter((network) => matchesPredefined(filters, network));
    const networks = view.networks().filter((network) => matchesNetwork(filters, network, (id) => used.has(id)));
    sendJson(response, 200, [...predefined.map(predefinedNetworkJson), ...networks.map(networkJson)]);
  }

  @Get(':id')
  inspect(@Param('id') id: string, @Req() request: Request, @Res() response: Response): void {
    const predefined = findPredefinedNetwork(id);
    if (predefined) return sendJson(response, 200, predefinedNetworkJson(predefined));
    const { view } = this.api.store;
    const network = findNetwork(view, id);
    if (!queryFlag(queryOf(request), 'verbose')) return sendJson(response, 200, networkJson(network));
    const members = { services: view.services(), tasks: view.tasksOnNetwork(network.id), nodes: view.nodes() };
    return sendJson(response, 200, verboseNetworkJson(network, members));
  }

  @Post('create')
  async create(@Req() request: Request, @Res() response: Response): Promise<void> {
    const id = await this.commands.create(await readJsonBody(request));
    sendJson(response, 201, { Id: id, Warning: '' });
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@Param('id') id: string): Promise<void> {
    await this.commands.remove(id);
  }
}
