import { Controller, Delete, Get, Inject, Param, Post, Req, Res, UseGuards, type Type } from '@nestjs/common';
import type { Request, Response } from '../http/exchange';
import type { Config, Secret } from '#common/proto';
import type { PayloadCommands, VersionOptions } from '../commands/payload-commands';
import { CONFIG, SECRET, type PayloadKind } from '../commands/payload-kind';
import { matchesPayload, parsePayloadFilters } from '../filters/payload-filters';
import { readJsonBody } from '../http/json-body';
import { queryFlag, queryOf, queryVersion } from '../http/query';
import { sendEmpty, sendJson, sendJsonList, sendNoContent } from '../http/send';
import { ClusterGuard } from '../http/store-synced.guard';
import { findPayload } from '../lookup';
import { CONFIG_COMMANDS, SECRET_COMMANDS } from '../payload-commands.providers';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';
import { payloadJson } from '../render/render-payload';

function versionOptions(query: URLSearchParams): VersionOptions {
  return { dryRun: queryFlag(query, 'dryRun'), except: new Set(query.getAll('except')) };
}

/** Secrets and configs have the same routes. @param token of the commands for this kind */
function payloadsController<T extends Secret | Config>(kind: PayloadKind<T>, token: symbol): Type<unknown> {
  @Controller(`${kind.noun}s`)
  @UseGuards(ClusterGuard)
  class PayloadsController {
    constructor(
      @Inject(API_DEPENDENCIES) private readonly api: ApiDependencies,
      @Inject(token) private readonly commands: PayloadCommands<T>,
    ) {}

    @Get()
    async list(@Req() request: Request, @Res() response: Response): Promise<void> {
      const filters = parsePayloadFilters(queryOf(request).get('filters'));
      const all = kind.of(this.api.store.view).all();
      const matching = all.filter((payload) => matchesPayload(filters, payload));
      await sendJsonList(response, matching, (payload) => JSON.stringify(payloadJson(payload)));
    }

    @Post('create')
    async create(@Req() request: Request, @Res() response: Response): Promise<void> {
      sendJson(response, 201, { ID: await this.commands.create(await readJsonBody(request)) });
    }

    @Get(':id')
    inspect(@Param('id') id: string, @Res() response: Response): void {
      sendJson(response, 200, payloadJson(findPayload(kind.noun, kind.of(this.api.store.view), id)));
    }

    @Post(':id/update')
    async update(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
      const version = queryVersion(queryOf(request), kind.noun);
      await this.commands.update(id, version, await readJsonBody(request));
      sendEmpty(response);
    }

    /** Ours: a new value, which the services that use it are changed to; with dryRun only what would come of it. */
    @Post(':id/versions')
    async addVersion(@Param('id') term: string, @Req() request: Request, @Res() response: Response): Promise<void> {
      const options = versionOptions(queryOf(request));
      const made = await this.commands.addVersion(term, await readJsonBody(request), options);
      sendJson(response, made.isNew && !options.dryRun ? 201 : 200, { ID: made.id, New: made.isNew, Services: made.services });
    }

    @Delete(':id')
    async remove(@Param('id') id: string, @Res() response: Response): Promise<void> {
      await this.commands.remove(id);
      sendNoContent(response);
    }
  }
  return PayloadsController;
}

export const SecretsController = payloadsController(SECRET, SECRET_COMMANDS);
export const ConfigsController = payloadsController(CONFIG, CONFIG_COMMANDS);
