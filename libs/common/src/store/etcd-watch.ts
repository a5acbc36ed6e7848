import type { Etcd3, IKeyValue, IWatchResponse } from 'etcd3';
import { AsyncQueue, guarded, withDeadline } from '../concurrency';
import { DomainError, messageOf } from '../errors';
import type { Revision, Stored, StoreEvent, WatchBatch } from './object-store';

/** How often the server is asked how far it is, so that a frozen etcd is told from a quiet one. */
const PROGRESS_PERIOD_MS = 1_000;
/** Silence after which the stream is given up; more than two missed answers. */
const SILENCE_LIMIT_MS = 2_500;
const CONNECT_TIMEOUT_MS = 2_000;

export interface WatchRequest {
  client: Etcd3;
  range: { key: Buffer; end: Buffer };
  after: Revision;
  signal: AbortSignal;
  toStored(kv: IKeyValue): Stored;
}

/**
 * One watch on one stream of its own. etcd3's shared watch manager reconnects by itself with up to 30 s of backoff, throws inside
 * a data handler for an unknown watch id and does not notice a frozen server; here the stream simply fails and the caller,
 * who knows the last revision it has seen, watches again.
 *
 * A batch without events says that the server is alive.
 */
export async function* watchEtcd(request: WatchRequest): AsyncIterable<WatchBatch> {
  const { signal } = request;
  if (signal.aborted) return;
  const queue = new AsyncQueue<IWatchResponse>();
  const stream = await openStream(request.client);
  const unavailable = (reason: string, cause?: unknown): DomainError =>
    new DomainError('UNAVAILABLE', `etcd watch: ${reason}`, { cause });

  let heardAt = performance.now();
  const fail = (error: Error): void => queue.fail(unavailable(messageOf(error), error));
  stream.on(
    'data',
    guarded((response: IWatchResponse) => {
      heardAt = performance.now();
      queue.push(response);
    }, fail),
  );
  stream.on('error', fail);
  stream.on('end', () => queue.fail(unavailable('the server ended the stream')));
  const stop = (): void => queue.close();
  signal.addEventListener('abort', stop, { once: true });
  let tickedAt = performance.now();
  const ask = (): void => {
    const now = performance.now();
    // Our own lateness is no fault of the server's: after a pause of this process, listen once more before judging.
    const late = now - tickedAt > 2 * PROGRESS_PERIOD_MS;
    tickedAt = now;
    if (late) heardAt = now;
    if (now - heardAt > SILENCE_LIMIT_MS) queue.fail(unavailable(`nothing heard for ${SILENCE_LIMIT_MS} ms`));
    else stream.write({ progress_request: {} } as never);
  };
  const progress = setInterval(guarded(ask, fail), PROGRESS_PERIOD_MS);

  try {
    stream.write({
      create_request: {
        key: request.range.key,
        range_end: request.range.end,
        start_revision: String(request.after + 1),
        progress_notify: true,
      },
    } as never);
    yield* batchesOf(queue, request);
  } finally {
    clearInterval(progress);
    signal.removeEventListener('abort', stop);
    stream.on('error', () => undefined);
    stream.cancel();
  }
}

type WatchStream = Awaited<ReturnType<Etcd3['watchClient']['watch']>>;

function openStream(client: Etcd3): Promise<WatchStream> {
  return withDeadline('etcd watch: connecting', CONNECT_TIMEOUT_MS, async (late) => {
    const stream = await client.watchClient.watch().catch((error: unknown) => {
      throw new DomainError('UNAVAILABLE', `etcd watch: ${messageOf(error)}`, { cause: error });
    });
    if (late.aborted) {
      stream.on('error', () => undefined);
      stream.cancel();
    }
    return stream;
  });
}

async function* batchesOf(responses: AsyncIterable<IWatchResponse>, request: WatchRequest): AsyncIterable<WatchBatch> {
  let seen = request.after;
  for await (const response of responses) {
    if (Number(response.compact_revision) > 0) {
      throw new DomainError('COMPACTED', `etcd watch: history before revision ${response.compact_revision} is gone`);
    }
    if (response.canceled) {
      throw new DomainError('UNAVAILABLE', `etcd watch: cancelled by the server: ${response.cancel_reason || 'no reason given'}`);
    }
    if (response.created) {
      // etcd would wait in silence for a revision of the future.
      if (Number(response.header.revision) < request.after) {
        throw new DomainError(
          'COMPACTED',
          `etcd watch: etcd is at revision ${response.header.revision}, before ${request.after}; was it restored?`,
        );
      }
      continue;
    }
    const events = response.events.map((event) => toEvent(event, request));
    seen = revisionOf(events.at(-1)) ?? seen;
    yield { revision: seen, events };
  }
}

/**
 * Only events tell how far the watch has come: a response's header may run ahead of its events while the watch catches up, and
 * etcd before 3.4.25 may answer a progress request ahead of events that are on their way (etcd-io/etcd#15220).
 */
function revisionOf(event: StoreEvent | undefined): Revision | undefined {
  return event && (event.kind === 'put' ? event.stored.modRevision : event.modRevision);
}

function toEvent(event: IWatchResponse['events'][number], request: WatchRequest): StoreEvent {
  const stored = request.toStored(event.kv);
  if (event.type === 'Delete') return { kind: 'delete', key: stored.key, modRevision: stored.modRevision };
  return { kind: 'put', stored };
}
