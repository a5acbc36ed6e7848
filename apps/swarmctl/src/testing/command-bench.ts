import type { ExitCode } from '../exit-codes';
import { runProgram } from '../program';
import { FakeManager } from './fake-manager';
import { newTestSession, TestClock, type TestSession } from './test-session';

const START_MS = Date.parse('2026-01-01T00:00:00Z');

/** A manager and a place to type command lines at, both new for each test. */
export class CommandBench {
  manager!: FakeManager;
  session!: TestSession;

  /** Call it before each test. */
  async start(): Promise<void> {
    this.manager = await FakeManager.start();
    this.session = this.newSession();
  }

  /** Call it after each test. */
  stop(): Promise<void> {
    return this.manager.stop();
  }

  /** Types a command line, whose words are separated by single spaces, and waits for its end. */
  type(line: string): Promise<ExitCode> {
    return runProgram(line.split(' '), this.session);
  }

  /** From now on, `happens` is called whenever time passes, with the milliseconds since the start. */
  whenTimePasses(happens: (passedMs: number) => void, parts: Partial<Pick<TestSession, 'stderr' | 'env'>> = {}): void {
    this.session = this.newSession({ ...parts, clock: new TestClock(START_MS, happens) });
  }

  /** A session that finds the manager by its environment. */
  newSession({ env, ...parts }: Parameters<typeof newTestSession>[0] = {}): TestSession {
    return newTestSession({ ...parts, env: { SWARMCTL_HOST: this.manager.address, ...env } });
  }
}
