import type { Request, Response } from '../http/exchange';
import { withDeadline } from '#common/concurrency';
import { isCode, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { jsonText } from '../http/json-body';
import type { JsonObject } from '../render/json-parts';
import type { EngineProxy } from './engine-proxy';
import { askEngine, readJson } from './engine-request';
import type { Engines } from './engines';

/** What is shown beside the swarm's own; a slow engine must not hold the swarm's up for longer. */
const READ_TIMEOUT_MS = 3_000;

/** This host's own engine, as far as its objects are shown together with the cluster's. */
export class HostEngine {
  constructor(
    private readonly engines: Engines,
    private readonly proxy: EngineProxy,
    private readonly logger: Logger,
  ) {}

  /** What the engine answers to a GET; undefined when there is none, or it refuses or does not answer in time. */
  async read(path: string): Promise<unknown> {
    try {
      return await withDeadline(`the engine's answer (${path})`, READ_TIMEOUT_MS, async (signal) =>
        readJson(await askEngine(this.engines, 'host', { method: 'GET', path, signal })),
      );
    } catch (error) {
      if (!isCode(error, 'UNIMPLEMENTED')) this.logger.warn({ path, reason: messageOf(error) }, 'the engine cannot be asked');
      return undefined;
    }
  }

  /** The list that the engine answers with; undefined as with `read`. */
  async readList(path: string): Promise<JsonObject[] | undefined> {
    const list = await this.read(path);
    return Array.isArray(list) ? (list as JsonObject[]) : undefined;
  }

  /**
   * Lets the engine answer a request. @param body what has been read of it already
   * @throws DomainError UNIMPLEMENTED there is no engine · UNAVAILABLE · DEADLINE_EXCEEDED
   */
  async answer(request: Request, response: Response, body?: unknown): Promise<void> {
    await this.proxy.forward(request, response, request.originalUrl, body === undefined ? undefined : jsonText(body));
  }
}
