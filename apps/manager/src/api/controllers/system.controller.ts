import { Controller, Get, Head, Inject, Res } from '@nestjs/common';
import type { Response } from '../http/exchange';
import { infoDescription, versionDescription } from '../describe-host';
import { HostEngine } from '../engine/host-engine';
import type { JsonObject } from '../render/json-parts';
import { STORE_UNREACHABLE } from '../http/store-synced.guard';
import { sendJson } from '../http/send';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';

/** Who answers here, and how the cluster does. Works without the store, too, and then says so. */
@Controller()
export class SystemController {
  constructor(
    @Inject(API_DEPENDENCIES) private readonly api: ApiDependencies,
    private readonly engine: HostEngine,
  ) {}

  @Head('_ping')
  pingHead(@Res() response: Response): void {
    this.answerPing(response, '');
  }

  @Get('_ping')
  ping(@Res() response: Response): void {
    this.answerPing(response, 'OK');
  }

  @Get('version')
  version(@Res() response: Response): void {
    sendJson(response, 200, versionDescription(this.api.host));
  }

  @Get('info')
  async info(@Res() response: Response): Promise<void> {
    const { host, store, membership } = this.api;
    const engine = (await this.engine.read('/info')) as JsonObject | undefined;
    const storeError = store.isSynced() ? '' : STORE_UNREACHABLE;
    const standing = membership.standing();
    const context = { storeError, standing, worker: membership.asWorker(), trust: membership.trust(), engine };
    sendJson(response, 200, infoDescription(host, store.view, context));
  }

  private answerPing(response: Response, body: string): void {
    response.writeHead(200, {
      'Cache-Control': 'no-cache, no-store, must-revalidate',
      'Content-Length': body.length,
      'Content-Type': 'text/plain; charset=utf-8',
      'Docker-Experimental': 'false',
      Pragma: 'no-cache',
      Swarm: this.swarmState(),
    });
    response.end(body);
  }

  private swarmState(): string {
    const { store, membership } = this.api;
    const standing = membership.standing();
    if (standing === 'worker') return 'active/worker';
    if (standing === 'locked') return 'locked';
    if (!store.isSynced() || standing === 'keyless') return 'error';
    return store.view.cluster() ? 'active/manager' : 'inactive';
  }
}
