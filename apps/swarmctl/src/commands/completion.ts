import { DomainError } from '#common/errors';
import type { CliCommand } from '../cli-command';
import { SCRIPTS } from '../completion';
import { EXIT } from '../exit-codes';
import { addExamples, type Perform } from './command';

/** Declares `swarmctl completion`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Print a script that lets a shell complete commands, flags and names of objects.')
    .argument('<shell>', 'bash or zsh')
    .action((shell: string) =>
      perform(({ session }) => {
        const script = SCRIPTS[shell];
        if (script === undefined) throw new DomainError('INVALID_ARGUMENT', `'${shell}' is neither bash nor zsh`);
        session.stdout.write(script);
        return Promise.resolve(EXIT.ok);
      }),
    );
  addExamples(command, [
    ['source <(swarmctl completion bash)', 'for this shell; in ~/.bashrc for all'],
    ['swarmctl completion zsh > ~/.zfunc/_swarmctl', 'in a folder of fpath'],
  ]);
}
