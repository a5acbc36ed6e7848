import { timingSafeEqual } from 'node:crypto';
import { DomainError } from '#common/errors';
import { newId } from '#common/identity';
import type { Config, Secret, Service } from '#common/proto';
import type { Commit, Vault } from '#common/store';
import { findPayload } from '../lookup';
import type { ApiStore } from '../ports';
import { validatePayloadSpec } from '../validate/validate-payload';
import { alreadyExists, invalidSpec, outOfSequence } from '../validate/api-errors';
import { commitOr } from './commit-or';
import type { PayloadKind } from './payload-kind';
import { bytesOf, requireRoom } from './require-room';
import type { ServiceCommands } from './service-commands';
import { untilViewHas } from './until-view-has';

/** Versions of one secret or config that are kept besides those that a service refers to. */
const VERSIONS_KEPT = 10;

/** What came of a new version. */
export interface NewVersion {
  readonly id: string;
  /** False when the value is the one that is there: then nothing is changed. */
  readonly isNew: boolean;
  /** Names of the services that were changed to use it. */
  readonly services: string[];
}

/** How a new version is made. */
export interface VersionOptions {
  readonly dryRun: boolean;
  /** Names of services that are not changed to use it. */
  readonly except: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/** Writes secrets, or configs: checks everything first, then one transaction. */
export class PayloadCommands<T extends Secret | Config> {
  constructor(
    private readonly kind: PayloadKind<T>,
    private readonly tools: { store: ApiStore; vault: Vault; services: ServiceCommands; now: () => Date },
  ) {}

  /** Returns the new object's id. @throws DomainError INVALID_ARGUMENT · ALREADY_EXISTS · as ApiStore.commit */
  async create(body: unknown): Promise<string> {
    const { kind, tools } = this;
    const spec = kind.readSpec(body);
    validatePayloadSpec(kind.noun, kind.maxBytes, spec);
    if (kind.of(tools.store.view).byName(spec.name)) throw this.nameTaken(spec.name);
    const at = tools.now().toISOString();
    const payload = kind.make({ id: newId(), createdAt: at, updatedAt: at, firstVersionId: '' }, spec, tools.vault);
    await commitOr(tools.store, () => this.nameTaken(spec.name), this.withRoom(spec.name, kind.writes.creation(payload)));
    return payload.id;
  }

  /** Changes the labels; nothing else of such an object may change. @throws DomainError NOT_FOUND · INVALID_ARGUMENT · ABORTED */
  async update(term: string, version: number, body: unknown): Promise<void> {
    const { kind, tools } = this;
    const { labels, ...given } = kind.readSpec(body);
    await untilViewHas(tools.store, version);
    const before = findPayload(kind.noun, kind.of(tools.store.view), term);
    if (before.version?.index !== version) throw outOfSequence();
    if (given.name !== before.spec?.name || this.changesValue(before, given)) {
      throw invalidSpec('only updates to Labels are allowed');
    }
    const after = { ...before, updatedAt: tools.now().toISOString(), spec: { ...before.spec, labels } };
    await commitOr(tools.store, outOfSequence, this.withRoom(given.name, kind.writes.change(before, after)));
  }

  /**
   * Gives the object a new value: a new object takes over its name, the old one stays under a name of its own for as long as a rollback
   * may need it, and services that use the one are changed to use the other, each by its own update policy.
   * With `dryRun` it is only said what would come of it, and the id is that of the object as it is. Services in `except` are left
   * to the caller, who changes more of them than this.
   * @throws DomainError NOT_FOUND · INVALID_ARGUMENT · ABORTED · as ApiStore.commit
   */
  async addVersion(term: string, body: unknown, { dryRun, except }: VersionOptions): Promise<NewVersion> {
    const { kind, tools } = this;
    const { store } = tools;
    const { data } = kind.readSpec(body);
    const before = findPayload(kind.noun, kind.of(store.view), term);
    const at = tools.now().toISOString();
    const firstVersionId = before.firstVersionId || before.id;
    const spec = { ...before.spec, name: before.spec?.name ?? '', data } as ReturnType<typeof kind.readSpec>;
    validatePayloadSpec(kind.noun, kind.maxBytes, spec);
    if (isSame(data, kind.valueOf(before, tools.vault))) return { id: before.id, isNew: false, services: [] };
    if (dryRun)
      return { id: before.id, isNew: true, services: namesOf(this.usersOf(this.idsOfVersions(firstVersionId), except)) };
    const successor = kind.make({ id: newId(), createdAt: at, updatedAt: at, firstVersionId }, spec, tools.vault);
    const renamed = { ...before, spec: { ...before.spec, name: this.unusedVersionName(spec.name) } };
    await commitOr(store, outOfSequence, this.withRoom(spec.name, kind.writes.succession(before, renamed, successor)));
    const services = await this.roll(firstVersionId, successor, except);
    await this.forgetOldVersions(firstVersionId, successor.id);
    return { id: successor.id, isNew: true, services };
  }

  /** @throws DomainError NOT_FOUND · INVALID_ARGUMENT naming the services that use it · as ApiStore.commit */
  async remove(term: string): Promise<void> {
    const { kind, tools } = this;
    const payload = findPayload(kind.noun, kind.of(tools.store.view), term);
    const users = namesOf(this.usersOf(new Set([payload.id])));
    if (users.length > 0) {
      const services = `service${users.length > 1 ? 's' : ''}: ${users.join(', ')}`;
      throw invalidSpec(`${kind.noun} '${payload.spec?.name}' is in use by the following ${services}`);
    }
    await commitOr(tools.store, () => this.notFound(term), kind.writes.removal(payload));
  }

  private async roll(firstVersionId: string, newest: T, except: ReadonlySet<string>): Promise<string[]> {
    const { kind, tools } = this;
    const versions = this.idsOfVersions(firstVersionId);
    versions.delete(newest.id);
    const users = this.usersOf(versions, except);
    const message = `new version of ${kind.noun} ${newest.spec?.name}`;
    for (const { id } of users) {
      await tools.services.changeContainer(id, message, (container) => kind.redirect(container, versions, newest.id));
    }
    return namesOf(users);
  }

  /** Those that nobody refers to any more, beyond the newest few: by when they were written last, which is when another followed. */
  private async forgetOldVersions(firstVersionId: string, newestId: string): Promise<void> {
    const { kind, tools } = this;
    const former = this.versionsOf(firstVersionId).filter(({ id }) => id !== newestId);
    former.sort((a, b) => (b.version?.index ?? 0) - (a.version?.index ?? 0));
    for (const old of former.slice(VERSIONS_KEPT - 1)) {
      if (this.isReferredTo(old.id)) continue;
      const { guards, writes } = kind.writes.removal(old);
      await tools.store.commit(guards, writes);
    }
  }

  private withRoom(name: string, commit: Commit): Commit {
    requireRoom(this.tools.store, { what: `${this.kind.noun} ${name}`, bytes: bytesOf(commit.writes) });
    return commit;
  }

  private idsOfVersions(firstVersionId: string): Set<string> {
    return new Set(this.versionsOf(firstVersionId).map(({ id }) => id));
  }

  private versionsOf(firstVersionId: string): T[] {
    const all = this.kind.of(this.tools.store.view).all();
    return all.filter((payload) => payload.id === firstVersionId || payload.firstVersionId === firstVersionId);
  }

  private isReferredTo(id: string): boolean {
    const { idsIn } = this.kind;
    const { view } = this.tools.store;
    return (
      view.services().some(({ spec, previousSpec }) => {
        return [spec, previousSpec].some((each) => idsIn(each?.taskTemplate?.containerSpec).includes(id));
      }) || view.tasks().some(({ spec }) => idsIn(spec?.containerSpec).includes(id))
    );
  }

  private usersOf(ids: ReadonlySet<string>, except: ReadonlySet<string> = NONE): Service[] {
    const { idsIn } = this.kind;
    const services = this.tools.store.view.services().filter(({ spec }) => !except.has(spec?.name ?? ''));
    return services.filter(({ spec }) => idsIn(spec?.taskTemplate?.containerSpec).some((id) => ids.has(id)));
  }

  private unusedVersionName(name: string): string {
    const known = this.kind.of(this.tools.store.view);
    let number = 1;
    while (known.byName(`${name}.v${number}`)) number++;
    return `${name}.v${number}`;
  }

  /** Clients that only change labels send the value empty, or as it is. */
  private changesValue(before: T, given: { data: Buffer; driver: unknown; templating: unknown }): boolean {
    if (given.data.length > 0 && !isSame(given.data, this.kind.valueOf(before, this.tools.vault))) return true;
    const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) !== JSON.stringify(b ?? null);
    const spec = before.spec as Partial<typeof given> | undefined;
    return differs(given.driver, spec?.driver) || differs(given.templating, spec?.templating);
  }

  private nameTaken(name: string): DomainError {
    return alreadyExists(`${this.kind.noun} ${name} already exists`);
  }

  private notFound(term: string): DomainError {
    return new DomainError('NOT_FOUND', `${this.kind.noun} ${term} not found`);
  }
}

const namesOf = (services: readonly Service[]): string[] => services.map(({ spec }) => spec?.name ?? '');

/** Takes the same time however much of the values is the same. */
function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
