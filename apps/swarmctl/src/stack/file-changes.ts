import { readFile } from 'node:fs/promises';
import { DomainError, messageOf } from '#common/errors';
import type { PayloadAnswer, PayloadApi } from '../api/payload-api';
import type { Project } from '../compose/load-project';
import type { Place } from '../compose/place';
import type { Change } from './change';
import { plainValues } from './convert/name-values';
import type { OwnFile } from './convert/objects';
import { NAMESPACE_LABEL } from './names';

type Section = 'secrets' | 'configs';

/** A secret or config of the stack, its value, and what is to be done with it. */
export interface FileChange extends Change {
  readonly section: Section;
  readonly wanted: OwnFile;
  readonly data: Buffer;
  readonly isNewValue: boolean;
  readonly hasNewLabels: boolean;
}

/** Where the value of a secret or a config comes from. @throws DomainError INVALID_ARGUMENT when there is none, or more than one */
async function readValue({ source }: OwnFile, project: Project, place: Place): Promise<Buffer> {
  const { file, environment, content, driver } = source;
  const given = [file, environment, content, driver].filter((value) => value !== undefined);
  if (given.length !== 1) throw place.error('needs one of the keys file, environment, content, driver or external');
  if (content !== undefined) return Buffer.from(content);
  if (environment !== undefined) {
    const value = project.valueOf(environment);
    if (value === undefined) throw place.at('environment').error(`names the variable ${environment}, which has no value`);
    return Buffer.from(value);
  }
  if (file === undefined) return Buffer.alloc(0);
  return readFile(file).catch((error: unknown) => {
    throw place.at('file').error(`cannot be read: ${messageOf(error)}`);
  });
}

const isSame = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean =>
  Object.keys({ ...a, ...b }).every((key) => a[key] === b[key]);

/** Compares the secrets, or the configs, of a stack with those that are there. */
export class FileChanges {
  constructor(
    private readonly section: Section,
    private readonly stack: string,
    private readonly api: PayloadApi,
    /** Names of the stack's own services, which are updated together with all else that changes in them. */
    private readonly ownServices: readonly string[],
  ) {}

  /** @throws DomainError INVALID_ARGUMENT for a value that cannot be had · ALREADY_EXISTS for a name of others */
  async of(wanted: readonly OwnFile[], there: readonly PayloadAnswer[], project: Project): Promise<FileChange[]> {
    const changes: FileChange[] = [];
    for (const file of wanted) {
      const data = await readValue(file, project, project.place.at(this.section, file.key));
      changes.push(
        await this.change(
          file,
          data,
          there.find(({ name }) => name === file.name),
        ),
      );
    }
    return changes;
  }

  /** Does what was decided. */
  async apply({ wanted, data, kind, isNewValue, hasNewLabels }: FileChange): Promise<void> {
    const { name, labels, source } = wanted;
    const { driver, driver_opts: driverOptions, template_driver: templateDriver } = source;
    if (kind === 'create')
      await this.api.create({ name, data, labels, driver, driverOptions: plainValues(driverOptions), templateDriver });
    // The new version takes the labels along.
    if (hasNewLabels) await this.api.relabel(name, () => labels);
    if (isNewValue) await this.api.addVersion(name, data, { except: this.ownServices });
  }

  private async change(wanted: OwnFile, data: Buffer, there: PayloadAnswer | undefined): Promise<FileChange> {
    const { section } = this;
    const noun = section === 'secrets' ? 'secret' : 'config';
    const about = { noun, section, name: wanted.name, wanted, data } as const;
    if (!there) return { ...about, kind: 'create', details: [], isNewValue: false, hasNewLabels: false };
    if (there.labels[NAMESPACE_LABEL] !== this.stack) {
      throw new DomainError(
        'ALREADY_EXISTS',
        `${noun} ${wanted.name} is there, and does not belong to the stack: say external, or give it another name`,
      );
    }
    const { isNew, services } =
      wanted.source.driver === undefined
        ? await this.api.addVersion(wanted.name, data, { dryRun: true })
        : { isNew: false, services: [] };
    const hasNewLabels = !isSame(there.labels, wanted.labels);
    const details = [...(isNew ? [newValue(services)] : []), ...(hasNewLabels ? ['labels'] : [])];
    return { ...about, kind: details.length === 0 ? 'unchanged' : 'update', details, isNewValue: isNew, hasNewLabels };
  }
}

function newValue(services: readonly string[]): string {
  return services.length === 0 ? 'new value' : `new value, for ${services.join(', ')}`;
}
