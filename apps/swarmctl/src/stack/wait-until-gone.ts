import { isTerminal, TaskState } from '#common/domain';
import type { Task } from '#common/proto';
import type { Tools } from '../commands/command';
import { EXIT, type ExitCode } from '../exit-codes';
import { waitUntilOver, type Awaited } from '../progress/wait-loop';
import { ofStack } from './stack-state';
import { writeLine } from '../session';

/** Waits until no container of removed services is left. */
class UntilGone implements Awaited<readonly Task[]> {
  private left = -1;

  constructor(
    private readonly tools: Tools,
    private readonly stack: string,
    private readonly serviceIds: readonly string[],
    private readonly quiet: boolean,
  ) {}

  async read(): Promise<readonly Task[]> {
    // Not by service: those are gone. Tasks keep the labels that it had.
    const tasks = await this.tools.api.tasks(ofStack(this.stack));
    const isLeft = ({ serviceId, status }: Task): boolean =>
      this.serviceIds.includes(serviceId) && !isTerminal(status?.state ?? TaskState.new);
    return tasks.map(({ object }) => object).filter(isLeft);
  }

  judge(tasks: readonly Task[]): ExitCode | undefined {
    if (tasks.length === 0) return EXIT.ok;
    if (tasks.length !== this.left) this.say(`${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'} left`);
    this.left = tasks.length;
    return undefined;
  }

  showSilence(): void {
    this.say('the manager does not answer, trying again');
  }

  farewell(why: string): string {
    return `${this.stack}: ${why} with ${this.left} tasks left; they stop by themselves`;
  }

  private say(text: string): void {
    if (!this.quiet) writeLine(this.tools.session.stderr, `${this.stack}: ${text}`);
  }
}

/** @throws DomainError UNAVAILABLE when the manager stays away */
export function waitUntilGone(
  tools: Tools,
  stack: string,
  serviceIds: readonly string[],
  { quiet, timeoutMs }: { readonly quiet: boolean; readonly timeoutMs: number | undefined },
): Promise<ExitCode> {
  if (serviceIds.length === 0) return Promise.resolve(EXIT.ok);
  return waitUntilOver(tools.session, new UntilGone(tools, stack, serviceIds, quiet), timeoutMs);
}
