import type { Tools } from '../commands/command';
import { forEach } from '../commands/for-each';
import { EXIT, type ExitCode } from '../exit-codes';
import { plainText } from '../render/plain-text';
import { writeLine } from '../session';
import type { Change, ChangeNoun } from './change';
import type { StackState } from './stack-state';

/** Something of a stack that goes. */
export interface Removal extends Change {
  readonly id: string;
}

/** Earlier versions of a secret or config keep its name at their front. */
const VERSION = /\.v\d+$/;

/** What of a stack is not wanted, as `noun name`: services first, since they use the rest. */
export function removals({ services, secrets, configs, networks }: StackState, wanted: ReadonlySet<string>): Removal[] {
  const all = [
    ...services.map(({ id, spec }) => removal('service', id, spec?.name ?? id)),
    ...secrets.map(({ id, name }) => removal('secret', id, name)),
    ...configs.map(({ id, name }) => removal('config', id, name)),
    ...networks.map(({ id, name }) => removal('network', id, name)),
  ];
  return all.filter(({ noun, name }) => !wanted.has(`${noun} ${name}`) && !wanted.has(`${noun} ${name.replace(VERSION, '')}`));
}

const removal = (noun: ChangeNoun, id: string, name: string): Removal => ({ kind: 'remove', noun, id, name, details: [] });

/** Removes what is given, one after the other; what cannot be removed does not keep the rest. */
export async function removeObjects({ session, api }: Tools, objects: readonly Removal[]): Promise<ExitCode> {
  const remove: Readonly<Record<ChangeNoun, (id: string) => Promise<void>>> = {
    service: (id) => api.removeService(id),
    secret: (id) => api.secrets.remove(id),
    config: (id) => api.configs.remove(id),
    network: (id) => api.removeNetwork(id),
  };
  const byId = new Map(objects.map((object) => [object.id, object]));
  return forEach(session, [...byId.keys()], async (id) => {
    const { noun, name } = byId.get(id) ?? { noun: 'service', name: id };
    writeLine(session.stdout, plainText(`Removing ${noun} ${name}`));
    await remove[noun](id);
    return EXIT.ok;
  });
}
