import { DomainError } from '#common/errors';
import type { CliCommand } from '../../cli-command';
import { EXIT } from '../../exit-codes';
import { addExamples, type Perform, type Tools } from '../command';

/** A key is short; more is something else that was piped in by mistake. */
const MAX_CHARACTERS = 1024;

async function readKey({ session }: Pick<Tools, 'session'>): Promise<string> {
  let text = '';
  for await (const chunk of session.stdin.stream) {
    text += String(chunk);
    if (text.length > MAX_CHARACTERS)
      throw new DomainError('INVALID_ARGUMENT', `the key is longer than ${MAX_CHARACTERS} characters`);
    if (text.includes('\n')) break;
  }
  const key = text.split('\n')[0]?.trim() ?? '';
  if (key === '')
    throw new DomainError('INVALID_ARGUMENT', 'the key is missing: pipe it in, as swarmctl swarm unlock-key -q shows it');
  return key;
}

/** Declares `swarmctl swarm unlock`. */
export function declare(command: CliCommand, perform: Perform): void {
  command.description('Unlock a manager with the key that is piped in.').action(() =>
    perform(async ({ session, api }) => {
      await api.swarm.unlock(await readKey({ session }));
      return EXIT.ok;
    }),
  );
  addExamples(command, [['swarmctl swarm unlock < key', 'with the key in a file']]);
}
