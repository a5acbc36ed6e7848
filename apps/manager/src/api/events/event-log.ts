import type { Config, Network, Secret } from '#common/proto';
import type { ClusterView, ViewChange } from '#common/store';
import { namedEvent, nodeEvent, serviceEvent, taskEvent, type ClusterEvent, type Happening } from './cluster-event';

/** Events that those who come later can still get (Docker's daemon keeps 256). */
const EVENTS_KEPT = 4_096;
const NANOS_PER_MS = 1_000_000n;
/** A clock that is behind by more was set back, rather than asked twice in one moment. */
const SET_BACK_NANOS = 1_000n * NANOS_PER_MS;

/** The view, and how to hear of its changes. */
export interface WatchedView {
  readonly view: ClusterView;
  onChange(listener: (changes: ViewChange[]) => void): () => void;
}

/** An event, and the newest time that any event had by then. */
interface KeptEvent {
  readonly event: ClusterEvent;
  readonly newestNanos: bigint;
}

type Listener = (event: ClusterEvent) => void;

type Tell<T> = (before: T | undefined, after: T | undefined) => Happening | undefined;

/** One kind of objects, as they were when they were last looked at. */
class Watched<T extends { id: string }> {
  private readonly known = new Map<string, T>();

  /** @param find one of them @param all every one of them */
  constructor(
    private readonly find: (id: string) => T | undefined,
    private readonly all: () => T[],
    private readonly tell: Tell<T>,
  ) {}

  /** What has happened to one of them. */
  look(id: string): Happening | undefined {
    const [before, after] = [this.known.get(id), this.find(id)];
    if (after === undefined) this.known.delete(id);
    else this.known.set(id, after);
    return this.tell(before, after);
  }

  /** What has happened to any of them. */
  lookAtAll(): Happening[] {
    const ids = new Set([...this.known.keys(), ...this.all().map(({ id }) => id)]);
    return [...ids].flatMap((id) => this.look(id) ?? []);
  }
}

type WatchedKinds = Readonly<Partial<Record<ViewChange['kind'], Pick<Watched<never>, 'look' | 'lookAtAll'>>>>;

function watchedKinds(view: () => ClusterView): WatchedKinds {
  return {
    service: new Watched(
      (id) => view().service(id),
      () => view().services(),
      serviceEvent,
    ),
    node: new Watched(
      (id) => view().node(id),
      () => view().nodes(),
      nodeEvent,
    ),
    network: new Watched(
      (id) => view().network(id),
      () => view().networks(),
      named('network'),
    ),
    secret: new Watched(
      (id) => view().secrets.get(id),
      () => view().secrets.all(),
      named('secret'),
    ),
    config: new Watched(
      (id) => view().configs.get(id),
      () => view().configs.all(),
      named('config'),
    ),
    task: new Watched(
      (id) => view().task(id),
      () => view().tasks(),
      taskEvent,
    ),
  };
}

function named(type: 'network' | 'secret' | 'config'): Tell<Network | Secret | Config> {
  return (before, after) => namedEvent(type, before, after);
}

/** Tells what happens to the objects of the cluster, and remembers the newest of it. */
export class EventLog {
  private readonly watched: WatchedKinds;
  private readonly kept: KeptEvent[] = [];
  private readonly listeners = new Set<Listener>();
  private isPrimed = false;
  private lastNanos = 0n;
  private newestNanos = 0n;

  constructor(
    store: WatchedView,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.watched = watchedKinds(() => store.view);
    if (store.view.revision > 0) this.lookAtAll();
    store.onChange((changes) => this.look(changes));
  }

  /**
   * Events that are still remembered, the oldest first. Those that came after one of that time count, too, where the clock was set back
   * in between. @param sinceNanos since 1970
   */
  since(sinceNanos: bigint): ClusterEvent[] {
    return this.kept.filter(({ newestNanos }) => newestNanos >= sinceNanos).map(({ event }) => event);
  }

  /** Calls `listener` for each event from now on. Returns how to stop it. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells of something that is no change of an object. */
  tell(happening: Happening): void {
    this.publish(happening);
  }

  private look(changes: readonly ViewChange[]): void {
    for (const change of changes) {
      if (change.kind === 'everything') this.lookAtAll();
      else if ('id' in change) this.publish(this.watched[change.kind]?.look(change.id));
    }
  }

  /** The view was rebuilt: what differs from what was known has happened meanwhile. At the very first, nothing has. */
  private lookAtAll(): void {
    const happenings = Object.values(this.watched).flatMap((kind) => kind.lookAtAll());
    if (this.isPrimed) happenings.forEach((happening) => this.publish(happening));
    this.isPrimed = true;
  }

  private publish(happening: Happening | undefined): void {
    if (!happening || !this.isPrimed) return;
    const event = { ...happening, timeNanos: this.nextNanos() };
    this.kept.push({ event, newestNanos: this.newestNanos });
    if (this.kept.length > EVENTS_KEPT) this.kept.shift();
    for (const listener of this.listeners) listener(event);
  }

  /** Each event has a time of its own, so that one who resumes by time misses none: also of those after the clock was set back. */
  private nextNanos(): bigint {
    const now = BigInt(this.now().getTime()) * NANOS_PER_MS;
    const isAhead = now > this.lastNanos || now < this.lastNanos - SET_BACK_NANOS;
    this.lastNanos = isAhead ? now : this.lastNanos + 1n;
    this.newestNanos = this.newestNanos < this.lastNanos ? this.lastNanos : this.newestNanos + 1n;
    return this.lastNanos;
  }
}
