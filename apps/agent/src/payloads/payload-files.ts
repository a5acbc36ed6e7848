import type { Payload } from '#common/dispatcher-proto';
import { DomainError } from '#common/errors';
import type { FileTarget, NodeDescription, Task } from '#common/proto';
import { expandTemplate, payloadRules, PAYLOADS_BUDGET, TemplateBudget, type Lookup } from '#common/template';
import { expandTemplates, templateValues } from '../executor/docker/expand-templates';

/** Docker's own (opts/secret.go, opts/config.go). */
const DEFAULT_MODE = 0o444;
const SECRETS_FOLDER = '/run/secrets/';
const NUMBER = /^\d{1,10}$/;

/** One file of a task. */
export interface PayloadFile {
  /** Unique within the task. */
  readonly name: string;
  /** Where the container sees it. */
  readonly target: string;
  readonly data: Buffer;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** What a task refers to, with what the manager sent for it. */
interface Reference {
  readonly kind: 'secret' | 'config';
  readonly name: string;
  readonly file: FileTarget;
  readonly payload: Payload | undefined;
}

/** Finds the value of a secret or config. */
export type PayloadOf = (kind: 'secret' | 'config', id: string) => Payload | undefined;

/** Whether the task gets any files. */
export function hasFiles({ spec }: Task): boolean {
  const { secrets = [], configs = [] } = spec?.containerSpec ?? {};
  return secrets.length > 0 || configs.length > 0;
}

/** Places of a task's files: their names on the host and their targets in the container, in order. */
export function fileTargets(task: Task): { name: string; target: string }[] {
  const files = [...referencesOf(task, () => undefined)];
  return files.map((reference, index) => ({ name: `${index}`, target: targetOf(reference) }));
}

/**
 * The task's files with their content.
 * @throws DomainError FAILED_PRECONDITION one is not to be had · INVALID_ARGUMENT its template cannot be filled in, or its owner is no number
 */
export function toPayloadFiles(task: Task, node: NodeDescription, payloadOf: PayloadOf): PayloadFile[] {
  const references = referencesOf(task, payloadOf);
  let env: ReadonlyMap<string, string> | undefined;
  const surroundings: Surroundings = {
    node,
    references,
    env: (key) => (env ??= environmentOf(task, node)).get(key),
    budget: new TemplateBudget(PAYLOADS_BUDGET),
  };
  return references.map((reference, index) => ({
    name: `${index}`,
    target: targetOf(reference),
    data: contentOf(reference, task, surroundings),
    uid: ownerOf(reference, 'uid'),
    gid: ownerOf(reference, 'gid'),
    mode: reference.file.mode ?? DEFAULT_MODE,
  }));
}

function referencesOf({ spec }: Task, payloadOf: PayloadOf): Reference[] {
  const { secrets = [], configs = [] } = spec?.containerSpec ?? {};
  return [
    ...secrets.flatMap(({ secretId, secretName: name, file }): Reference[] =>
      file ? [{ kind: 'secret', name, file, payload: payloadOf('secret', secretId) }] : [],
    ),
    ...configs.flatMap(({ configId, configName: name, file }): Reference[] =>
      file ? [{ kind: 'config', name, file, payload: payloadOf('config', configId) }] : [],
    ),
  ];
}

function targetOf({ kind, file }: Reference): string {
  if (file.name.startsWith('/')) return file.name;
  return kind === 'secret' ? `${SECRETS_FOLDER}${file.name}` : `/${file.name}`;
}

function contentOf(reference: Reference, task: Task, { node, references, env, budget }: Surroundings): Buffer {
  const { kind, name, payload } = reference;
  if (!payload) throw new DomainError('FAILED_PRECONDITION', `${kind} ${name} was not sent to this node`);
  if (payload.problem !== '') throw new DomainError('FAILED_PRECONDITION', payload.problem);
  if (!payload.templated) return payload.data;
  const valueOf = (wanted: Reference['kind']): Lookup => {
    const among = references.filter((other) => other.kind === wanted);
    return (target) => among.find(({ file }) => file.name === target)?.payload?.data.toString('utf8');
  };
  const rules = payloadRules({ secret: valueOf('secret'), config: valueOf('config'), env });
  const text = payload.data.toString('utf8');
  return Buffer.from(expandTemplate(`expanding ${kind} ${name} failed`, text, templateValues(task, node), { rules, budget }));
}

interface Surroundings {
  readonly node: NodeDescription;
  readonly references: readonly Reference[];
  readonly env: Lookup;
  readonly budget: TemplateBudget;
}

function environmentOf(task: Task, node: NodeDescription): ReadonlyMap<string, string> {
  return new Map((expandTemplates(task, node).spec?.containerSpec?.env ?? []).map(splitEnv));
}

function splitEnv(entry: string): [name: string, value: string] {
  const equals = entry.indexOf('=');
  return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
}

function ownerOf({ kind, name, file }: Reference, which: 'uid' | 'gid'): number {
  const text = file[which] || '0';
  if (NUMBER.test(text)) return Number(text);
  throw new DomainError('INVALID_ARGUMENT', `${kind} ${name}: File.${which.toUpperCase()} '${text}' is no number`);
}
