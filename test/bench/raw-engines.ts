import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '#common/testing';
import { RawEngine } from './raw-engine';

const SETTLE_MS = 300;
const TIMEOUT_MS = 180_000;
const POLL_MS = 100;
/** Containers that one engine works on at once: more gains nothing (`executor/docker/start-places.ts` of the agent). */
const IN_FLIGHT = 4;

/** A container and the engine that has it. */
export interface RawContainer {
  readonly engine: RawEngine;
  readonly id: string;
}

/** The bare engines of all hosts. */
export class RawEngines {
  private readonly engines: RawEngine[];

  constructor(dockerSockets: readonly string[]) {
    this.engines = dockerSockets.map((socket) => new RawEngine(socket));
  }

  /** The engine for the container of this number when they are dealt out evenly. */
  at(index: number): RawEngine {
    return this.engines[index % this.engines.length] as RawEngine;
  }

  get all(): readonly RawEngine[] {
    return this.engines;
  }

  /** Makes and starts containers, dealt out evenly, as fast as the engines can. */
  async startAll(count: number): Promise<RawContainer[]> {
    const made: RawContainer[] = [];
    await this.spread(count, async (index) => {
      const engine = this.at(index);
      made[index] = { engine, id: await engine.createAndStart() };
    });
    return made;
  }

  /** Removes containers by force, as fast as the engines can. */
  async removeAll(containers: readonly RawContainer[]): Promise<void> {
    await this.spread(containers.length, async (index) => {
      const { engine, id } = containers[index] as RawContainer;
      await engine.remove(id);
    });
  }

  /** Waits until exactly so many containers run, whatever an orchestrator says. */
  async untilRunning(count: number): Promise<void> {
    const check = async (): Promise<void> => requireEqual('running containers', (await this.total()).running, count);
    await eventually(check, { reason: `${count} containers run`, timeoutMs: TIMEOUT_MS, intervalMs: POLL_MS });
  }

  /** Waits until no container is left. */
  async untilEmpty(): Promise<void> {
    const check = async (): Promise<void> => requireEqual('containers', (await this.total()).present, 0);
    await eventually(check, { reason: 'no container is left', timeoutMs: TIMEOUT_MS, intervalMs: POLL_MS });
  }

  /** The engines still tidy up after a removal: what is measured next must not pay for it. */
  async untilQuiet(): Promise<void> {
    await this.untilEmpty();
    await delay(SETTLE_MS);
  }

  close(): void {
    for (const engine of this.engines) engine.close();
  }

  /** Works through each engine's share of the numbers, a few of an engine at once. */
  private async spread(count: number, work: (index: number) => Promise<void>): Promise<void> {
    const step = this.engines.length;
    const shares = this.engines.map(async (_, first) => {
      let next = first;
      const worker = async (): Promise<void> => {
        for (let index = next; index < count; index = next) {
          next += step;
          await work(index);
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    });
    await Promise.all(shares);
  }

  private async total(): Promise<{ present: number; running: number }> {
    const counts = await Promise.all(this.engines.map((engine) => engine.count()));
    return counts.reduce((sum, { present, running }) => ({ present: sum.present + present, running: sum.running + running }));
  }
}

function requireEqual(what: string, actual: number, wanted: number): void {
  if (actual !== wanted) throw new Error(`${actual} ${what}`);
}
