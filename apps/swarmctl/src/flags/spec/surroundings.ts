import { DomainError } from '#common/errors';

/** Ids by the names that were typed. */
export type IdsByName = ReadonlyMap<string, string>;

/** What a spec is made from beside its flags. All of it is looked up beforehand, so that making a spec has no effects. */
export interface Surroundings {
  /** The environment that swarmctl runs in. */
  readonly shell: Readonly<Record<string, string | undefined>>;
  /** Contents of the files named by `--env-file`, in that order. */
  readonly envFiles: readonly { readonly path: string; readonly text: string }[];
  readonly networkIds: IdsByName;
  readonly secretIds: IdsByName;
  readonly configIds: IdsByName;
  /** Makes a path that is relative to the working folder absolute. */
  absolutePath(path: string): string;
}

/** What to throw at flags that do not go together. */
export function conflict(problem: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', problem);
}

/** The id of a name that was looked up. */
export function idOf(ids: IdsByName, name: string): string {
  const id = ids.get(name);
  if (id === undefined) throw new DomainError('INTERNAL', `${name} was not looked up`);
  return id;
}
