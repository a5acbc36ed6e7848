import type { Config, Network, Node, Secret, Service, Task } from '#common/proto';
import type { ClusterView, ViewChange } from '#common/store';
import { namedEvent, nodeEvent, serviceEvent, taskEvent, type ClusterEvent, type Happening } from './cluster-event';

/** Events that those who come later can still get (Docker's daemon keeps 256). */
const EVENTS_KEPT = 4_096;
const NANOS_PER_MS = 1_000_000n;

/** The view, and how to hear of its changes. */
export interface WatchedView {
  readonly view: ClusterView;
  onChange(listener: (changes: ViewChange[]) => void): () => void;
}

type Listener = (event: ClusterEvent) => void;

/** What an object was like when it was last looked at. */
class Memory {
  readonly services = new Map<string, Service>();
  readonly nodes = new Map<string, Node>();
  readonly networks = new Map<string, Network>();
  readonly secrets = new Map<string, Secret>();
  readonly configs = new Map<string, Config>();
  readonly tasks = new Map<string, Task>();
}

/** Tells what happens to the objects of the cluster, and remembers the newest of it. */
export class EventLog {
  private readonly memory = new Memory();
  private readonly kept: ClusterEvent[] = [];
  private readonly listeners = new Set<Listener>();
  private isPrimed = false;
  private lastNanos = 0n;

  constructor(
    private readonly store: WatchedView,
    private readonly now: () => Date = () => new Date(),
  ) {
    if (store.view.revision > 0) this.lookAtAll();
    store.onChange((changes) => this.look(changes));
  }

  /** Events that are still remembered, the oldest first. @param sinceNanos since 1970 */
  since(sinceNanos: bigint): ClusterEvent[] {
    return this.kept.filter(({ timeNanos }) => timeNanos >= sinceNanos);
  }

  /** Calls `listener` for each event from now on. Returns how to stop it. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private look(changes: readonly ViewChange[]): void {
    const { view } = this.store;
    for (const change of changes) {
      if (change.kind === 'everything') this.lookAtAll();
      else if (change.kind === 'service') this.note(change.id, this.memory.services, view.service(change.id), serviceEvent);
      else if (change.kind === 'node') this.note(change.id, this.memory.nodes, view.node(change.id), nodeEvent);
      else if (change.kind === 'network') this.note(change.id, this.memory.networks, view.network(change.id), networkEvent);
      else if (change.kind === 'secret') this.note(change.id, this.memory.secrets, view.secrets.get(change.id), secretEvent);
      else if (change.kind === 'config') this.note(change.id, this.memory.configs, view.configs.get(change.id), configEvent);
      else if (change.kind === 'task') this.note(change.id, this.memory.tasks, view.task(change.id), taskEvent);
    }
  }

  /** The view was rebuilt: what differs from what was known has happened meanwhile. At the very first, nothing has. */
  private lookAtAll(): void {
    const { view } = this.store;
    this.noteAll(this.memory.services, view.services(), serviceEvent);
    this.noteAll(this.memory.nodes, view.nodes(), nodeEvent);
    this.noteAll(this.memory.networks, view.networks(), networkEvent);
    this.noteAll(this.memory.secrets, view.secrets.all(), secretEvent);
    this.noteAll(this.memory.configs, view.configs.all(), configEvent);
    this.noteAll(this.memory.tasks, view.tasks(), taskEvent);
    this.isPrimed = true;
  }

  private noteAll<T extends { id: string }>(known: Map<string, T>, present: readonly T[], tell: Tell<T>): void {
    const now = new Map(present.map((object) => [object.id, object]));
    for (const id of new Set([...known.keys(), ...now.keys()])) this.note(id, known, now.get(id), tell);
  }

  private note<T>(id: string, known: Map<string, T>, after: T | undefined, tell: Tell<T>): void {
    const happening = tell(known.get(id), after);
    if (after === undefined) known.delete(id);
    else known.set(id, after);
    if (happening && this.isPrimed) this.publish(happening);
  }

  private publish(happening: Happening): void {
    const event = { ...happening, timeNanos: this.nextNanos() };
    this.kept.push(event);
    if (this.kept.length > EVENTS_KEPT) this.kept.shift();
    for (const listener of this.listeners) listener(event);
  }

  /** Each event has a time of its own, so that one who resumes by time misses none. */
  private nextNanos(): bigint {
    const now = BigInt(this.now().getTime()) * NANOS_PER_MS;
    this.lastNanos = now > this.lastNanos ? now : this.lastNanos + 1n;
    return this.lastNanos;
  }
}

type Tell<T> = (before: T | undefined, after: T | undefined) => Happening | undefined;

const networkEvent: Tell<Network> = (before, after) => namedEvent('network', before, after);
const secretEvent: Tell<Secret> = (before, after) => namedEvent('secret', before, after);
const configEvent: Tell<Config> = (before, after) => namedEvent('config', before, after);
