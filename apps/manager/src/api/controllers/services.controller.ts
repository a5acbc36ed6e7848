import { Controller, Delete, Get, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from '../http/exchange';
import { ServiceCommands } from '../commands/service-commands';
import { countTasks } from '../count-tasks';
import { matchesService, parseServiceFilters } from '../filters/service-filters';
import { readJsonBody, readOptionalJsonBody } from '../http/json-body';
import { isVersionBefore } from '../http/negotiate-version';
import { queryFlag, queryOf, queryVersion, requireQueryChoice, requireQueryCount } from '../http/query';
import { registryAuthOf } from '../http/registry-auth';
import { sendEmpty, sendJson, sendJsonList, sendJsonText } from '../http/send';
import { ClusterGuard } from '../http/store-synced.guard';
import { findService } from '../lookup';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';
import { nonEmpty } from '../render/json-parts';
import { renderService, renderServiceWithDefaults, renderServiceWithStatus, revisionJson } from '../render/render-service';

@Controller('services')
@UseGuards(ClusterGuard)
export class ServicesController {
  constructor(
    @Inject(API_DEPENDENCIES) private readonly api: ApiDependencies,
    private readonly commands: ServiceCommands,
  ) {}

  @Get()
  async list(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { view } = this.api.store;
    const query = queryOf(request);
    const filters = parseServiceFilters(query.get('filters'));
    const services = view.services().filter((service) => matchesService(filters, service));
    const render = queryFlag(query, 'status')
      ? (service: (typeof services)[number]) =>
          renderServiceWithStatus(service, countTasks(service, view.tasksOfService(service.id)))
      : renderService;
    await sendJsonList(response, services, render);
  }

  @Post('create')
  async create(@Req() request: Request, @Res() response: Response): Promise<void> {
    const body = await readJsonBody(request);
    const { id, warnings } = await this.commands.create({
      body,
      registryAuth: registryAuthOf(request.headers),
      resolvesImage: leavesImageToManager(request.originalUrl),
    });
    sendJson(response, 201, { ID: id, Warnings: nonEmpty(warnings) });
  }

  @Get(':id')
  inspect(@Param('id') id: string, @Req() request: Request, @Res() response: Response): void {
    const service = findService(this.api.store.view, id);
    const render = queryFlag(queryOf(request), 'insertDefaults') ? renderServiceWithDefaults : renderService;
    sendJsonText(response, 200, render(service));
  }

  @Post(':id/update')
  async update(@Param('id') term: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const query = queryOf(request);
    const version = queryVersion(query, 'service');
    const rollback = requireQueryChoice(query, 'rollback', ['previous', 'none']) === 'previous';
    const authFrom = requireQueryChoice(query, 'registryAuthFrom', ['spec', 'previous-spec']);
    const body = rollback ? await readOptionalJsonBody(request) : await readJsonBody(request);
    const warnings = await this.commands.update({
      term,
      version,
      body,
      rollback,
      registryAuth: registryAuthOf(request.headers),
      registryAuthFrom: authFrom === 'previous-spec' ? 'previous-spec' : 'spec',
      resolvesImage: leavesImageToManager(request.originalUrl),
    });
    sendJson(response, 200, { Warnings: nonEmpty(warnings) ?? null });
  }

  /** Ours: the revisions that a rollback can go back to, newest first. */
  @Get(':id/history')
  async history(@Param('id') term: string, @Res() response: Response): Promise<void> {
    const revisions = await this.api.store.revisions(findService(this.api.store.view, term));
    sendJson(response, 200, revisions.map(revisionJson));
  }

  /** Ours: Docker's own rollback is an update with `rollback=previous`. */
  @Post(':id/rollback')
  async rollBack(@Param('id') term: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const number = requireQueryCount(queryOf(request), 'to');
    const warnings = await this.commands.rollBackTo(term, number);
    sendJson(response, 200, { Warnings: nonEmpty(warnings) ?? null });
  }

  @Delete(':id')
  async remove(@Param('id') id: string, @Res() response: Response): Promise<void> {
    await this.commands.remove(id);
    sendEmpty(response);
  }
}

/** Since 1.30 clients ask for the digest themselves, or do without. */
function leavesImageToManager(url: string): boolean {
  return isVersionBefore(url, '1.30');
}
