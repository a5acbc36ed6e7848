import type { Request, Response } from 'express';
import type { Config, Secret } from '#common/proto';
import type { PayloadCommands } from '../commands/payload-commands';
import type { PayloadKind } from '../commands/payload-kind';
import { matchesPayload, parsePayloadFilters } from '../filters/payload-filters';
import { readJsonBody } from '../http/json-body';
import { queryOf, queryVersion } from '../http/query';
import { sendEmpty, sendJson, sendJsonList } from '../http/send';
import { findPayload } from '../lookup';
import type { ApiDependencies } from '../ports';
import { payloadJson } from '../render/render-payload';

/** The routes that secrets and configs have in common. */
export class PayloadRoutes<T extends Secret | Config> {
  constructor(
    private readonly kind: PayloadKind<T>,
    private readonly api: ApiDependencies,
    private readonly commands: PayloadCommands<T>,
  ) {}

  async list(request: Request, response: Response): Promise<void> {
    const filters = parsePayloadFilters(queryOf(request).get('filters'));
    const payloads = this.kind.of(this.api.store.view).all();
    const matching = payloads.filter((payload) => matchesPayload(filters, payload));
    await sendJsonList(response, matching, (payload) => JSON.stringify(payloadJson(payload)));
  }

  inspect(term: string, response: Response): void {
    sendJson(response, 200, payloadJson(findPayload(this.kind.noun, this.kind.of(this.api.store.view), term)));
  }

  async create(request: Request, response: Response): Promise<void> {
    sendJson(response, 201, { ID: await this.commands.create(await readJsonBody(request)) });
  }

  async update(term: string, request: Request, response: Response): Promise<void> {
    const version = queryVersion(queryOf(request), this.kind.noun);
    await this.commands.update(term, version, await readJsonBody(request));
    sendEmpty(response);
  }

  async addVersion(term: string, request: Request, response: Response): Promise<void> {
    const { id, services } = await this.commands.addVersion(term, await readJsonBody(request));
    sendJson(response, 201, { ID: id, Services: services });
  }

  async remove(term: string): Promise<void> {
    await this.commands.remove(term);
  }
}
