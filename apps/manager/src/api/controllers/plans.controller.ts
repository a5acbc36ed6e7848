import { Controller, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from '../http/exchange';
import type { Service } from '#common/proto';
import { ServiceCommands } from '../commands/service-commands';
import { readJsonBody } from '../http/json-body';
import { queryCount, queryFlag, queryOf } from '../http/query';
import { sendJson } from '../http/send';
import { ClusterGuard } from '../http/store-synced.guard';
import { findService } from '../lookup';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';
import { moveJson, planJson } from '../render/render-plan';

/** Ours, beside Docker's API: what would happen to a service's tasks, and the spreading of tasks that run. */
@Controller('services')
@UseGuards(ClusterGuard)
export class PlansController {
  constructor(
    @Inject(API_DEPENDENCIES) private readonly api: ApiDependencies,
    private readonly commands: ServiceCommands,
  ) {}

  @Post('plan')
  async planCreation(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.send(response, this.commands.plannedCreation(await readJsonBody(request)));
  }

  @Post(':id/plan')
  async planUpdate(@Param('id') term: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    await this.send(response, this.commands.plannedUpdate(term, await readJsonBody(request)));
  }

  /** With `dryRun` the moves are only told; else the leader makes them, from what it sees when it comes to it. */
  @Post(':id/rebalance')
  async rebalance(@Param('id') term: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const query = queryOf(request);
    const maxMoves = queryCount(query, 'maxMoves');
    const service = findService(this.api.store.view, term);
    const moves = this.api.planner.moves(service, maxMoves || Number.POSITIVE_INFINITY);
    const isDryRun = queryFlag(query, 'dryRun');
    if (!isDryRun) await this.commands.rebalance(term, maxMoves);
    sendJson(response, 200, { Moves: moves.map(moveJson), Started: !isDryRun });
  }

  private async send(response: Response, service: Service): Promise<void> {
    sendJson(response, 200, planJson(await this.api.planner.plan(service)));
  }
}
