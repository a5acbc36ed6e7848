import type { CliCommand } from '../cli-command';
import type { ExitCode } from '../exit-codes';
import type { ManagerApi } from '../manager-api';
import type { Session } from '../session';

/** What a command works with. */
export interface Tools {
  readonly session: Session;
  readonly api: ManagerApi;
}

/** Does a command's work and ends the program with its exit code. */
export type Perform = (work: (tools: Tools) => Promise<ExitCode>) => Promise<void>;

/** Gives a command, known by name and summary so far, its arguments, its flags, its help and its work. */
export type Declare = (command: CliCommand, perform: Perform) => void;

/** Adds examples below the help of a command: what to type, and what it does. */
export function addExamples(command: CliCommand, examples: readonly (readonly [line: string, meaning: string])[]): void {
  const lines = examples.flatMap(([line, meaning]) => [`  # ${meaning}`, `  ${line}`, '']);
  command.addHelpText('after', ['', 'Examples:', ...lines].join('\n').trimEnd());
}
