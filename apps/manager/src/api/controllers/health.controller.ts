import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from '../http/exchange';
import { KEYS_DO_NOT_FIT, SWARM_LOCKED } from '#common/domain';
import { sendJson, sendText } from '../http/send';
import { STORE_UNREACHABLE } from '../http/store-synced.guard';
import { storeFull } from '../validate/store-room';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';

/** Records that cannot be read, of which the first ones are named; the metric counts them all. */
const SHOWN_KEYS = 20;

/** For supervisors and monitoring: is the process alive, can it serve, and its figures. */
@Controller()
export class HealthController {
  constructor(@Inject(API_DEPENDENCIES) private readonly api: ApiDependencies) {}

  @Get('healthz')
  alive(@Res() response: Response): void {
    sendJson(response, 200, { status: 'ok' });
  }

  @Get('readyz')
  ready(@Res() response: Response): void {
    const { store, membership } = this.api;
    const standing = membership.standing();
    const isBlind = standing !== 'worker' && !store.isSynced();
    const reasons = [
      ...(isBlind ? [STORE_UNREACHABLE] : []),
      ...(standing === 'locked' ? [SWARM_LOCKED] : []),
      ...(standing === 'keyless' ? [KEYS_DO_NOT_FIT] : []),
    ];
    const ready = reasons.length === 0;
    // Not a reason to send requests elsewhere: reads and removals work, all managers share the store, and removals are the remedy.
    const usage = standing === 'worker' ? undefined : store.space.usage();
    const degraded = usage?.isFull ? [storeFull(usage)] : [];
    const status = ready && degraded.length > 0 ? 'degraded' : ready ? 'ready' : 'not ready';
    const warnings = store.view
      .unreadable()
      .slice(0, SHOWN_KEYS)
      .map((key) => `the stored record ${key} cannot be read`);
    sendJson(response, ready ? 200 : 503, { status, reasons: [...reasons, ...degraded], warnings });
  }

  @Get('metrics')
  async metrics(@Res() response: Response): Promise<void> {
    sendText(response, 200, await this.api.metrics.metrics(), this.api.metrics.contentType);
  }
}
