import { setMaxListeners } from 'node:events';
import { Controller, Get, Inject, Req, Res, UseGuards, type OnModuleDestroy } from '@nestjs/common';
import type { Request, Response } from '../http/exchange';
import { delay } from '#common/concurrency';
import { messageOf } from '#common/errors';
import { askEngine } from '../engine/engine-request';
import { renderEvent, type ClusterEvent } from '../events/cluster-event';
import { UnreadBudget } from '../events/unread-budget';
import { concernsEngine, matchesEvent, parseEventFilters } from '../filters/event-filters';
import type { Filters } from '../filters/parse-filters';
import { queryOf, queryTimeNanos } from '../http/query';
import { StoreSyncedGuard, viewOfManager } from '../http/store-synced.guard';
import { whenOver } from '../http/when-over';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';

const NANOS_PER_MS = 1_000_000n;
/** A timer cannot wait for longer; whoever follows events for so many days connects again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A line of the engine's that is longer is none of its events. */
const LONGEST_LINE = 1024 * 1024;

/** Events of the cluster, and of this host's engine. */
@Controller('events')
@UseGuards(StoreSyncedGuard)
export class EventsController implements OnModuleDestroy {
  private readonly over = new AbortController();
  private readonly unread: UnreadBudget;

  constructor(@Inject(API_DEPENDENCIES) private readonly api: ApiDependencies) {
    setMaxListeners(0, this.over.signal);
    this.unread = new UnreadBudget(({ writableLength }) =>
      api.logger.warn({ unreadBytes: writableLength }, 'a client that does not read its events was cut off'),
    );
  }

  /** Clients that follow connect again, to whatever this host is by then. */
  onModuleDestroy(): void {
    this.over.abort();
  }

  @Get()
  async follow(@Req() request: Request, @Res() response: Response): Promise<void> {
    const query = queryOf(request);
    const filters = parseEventFilters(query.get('filters'));
    const since = queryTimeNanos(query, 'since');
    const until = queryTimeNanos(query, 'until');
    const ending = new AbortController();
    const clientOver = whenOver(response);
    if (clientOver.aborted) return;
    clientOver.addEventListener('abort', () => {
      this.unread.forget(response);
      ending.abort();
    });
    this.over.signal.addEventListener('abort', () => ending.abort(), { once: true, signal: ending.signal });
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    const send = (event: ClusterEvent): void => {
      if (!viewOfManager(this.api)) return;
      const isDue = until === undefined || event.timeNanos <= until;
      if (isDue && matchesEvent(filters, event)) this.write(response, `${renderEvent(event)}\n`);
    };
    if (since !== undefined) this.api.events.since(since).forEach(send);
    const stop = this.api.events.listen(send);
    const engine = this.passEngineEvents(request, response, filters, ending.signal);
    await this.untilOver(until, ending.signal);
    stop();
    // An engine ends by itself when the time is over.
    if (until !== undefined) await engine;
    response.end();
  }

  private untilOver(until: bigint | undefined, signal: AbortSignal): Promise<void> {
    if (until !== undefined) return delay(Math.min(Number(until / NANOS_PER_MS) - Date.now(), LONGEST_TIMER_MS), signal);
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** As they come, line by line. Without an engine, or one that does not answer, there are only the cluster's. */
  private async passEngineEvents(request: Request, response: Response, filters: Filters, signal: AbortSignal): Promise<void> {
    if (!concernsEngine(filters)) return;
    try {
      const answer = await askEngine(this.api.engines, 'host', { method: 'GET', path: request.originalUrl, signal });
      if (answer.statusCode !== 200) return void answer.resume();
      let rest = '';
      for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.write(response, `${line}\n`);
        if (rest.length > LONGEST_LINE) return;
      }
    } catch (error) {
      if (!signal.aborted) this.api.logger.debug({ reason: messageOf(error) }, 'no events of the engine');
    }
  }

  private write(response: Response, text: string): void {
    if (response.destroyed || response.writableEnded) return;
    response.write(text);
    this.unread.wrote(response);
  }
}
