import { Controller, Delete, Get, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from '../http/exchange';
import { NodeCommands } from '../commands/node-commands';
import { matchesNode, parseNodeFilters } from '../filters/node-filters';
import { readJsonBody } from '../http/json-body';
import { queryFlag, queryOf, queryVersion } from '../http/query';
import { sendEmpty, sendJsonList, sendJsonText } from '../http/send';
import { ClusterGuard } from '../http/store-synced.guard';
import { findNode } from '../lookup';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';
import { renderNode } from '../render/render-node';

@Controller('nodes')
@UseGuards(ClusterGuard)
export class NodesController {
  constructor(
    @Inject(API_DEPENDENCIES) private readonly api: ApiDependencies,
    private readonly commands: NodeCommands,
  ) {}

  @Get()
  async list(@Req() request: Request, @Res() response: Response): Promise<void> {
    const filters = parseNodeFilters(queryOf(request).get('filters'));
    const nodes = this.api.store.view.nodes().filter((node) => matchesNode(filters, node));
    const trust = this.api.membership.trust();
    await sendJsonList(response, nodes, (node) => renderNode(node, trust));
  }

  @Get(':id')
  inspect(@Param('id') id: string, @Res() response: Response): void {
    sendJsonText(response, 200, renderNode(findNode(this.api.store.view, id), this.api.membership.trust()));
  }

  @Post(':id/update')
  async update(@Param('id') term: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const version = queryVersion(queryOf(request), 'node');
    await this.commands.update({ term, version, body: await readJsonBody(request) });
    sendEmpty(response);
  }

  @Delete(':id')
  async remove(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    await this.commands.remove(id, queryFlag(queryOf(request), 'force'));
    sendEmpty(response);
  }
}
