import { parseEnvFile, parseRawEnvFile, type EnvEntries } from './interpolation/env-file';
import type { Variables } from './interpolation/template';
import type { ComposeService, EnvFile, NameValues } from './model';
import type { Place } from './place';
import { nameOfFile, type LoadContext } from './read-layers';

/** Reads the files that services take variables and labels from. */
export class ServiceFiles {
  constructor(
    private readonly context: Pick<LoadContext, 'reader' | 'cwd'>,
    private readonly variables: Variables,
  ) {}

  /** The service with its variables in one place; what it says itself comes before what its files say. */
  async fillIn(
    { env_file: envFiles, label_file: labelFiles, ...service }: ComposeService,
    place: Place,
  ): Promise<ComposeService> {
    const environment = new Map<string, string | null>();
    for (const [index, file] of (envFiles ?? []).entries()) {
      for (const [name, value] of await this.read(file, place.at('env_file', index))) this.set(environment, name, value ?? null);
    }
    for (const [name, value] of Object.entries(service.environment ?? {})) this.set(environment, name, value);
    const labels = new Map<string, string | null>();
    for (const [index, path] of (labelFiles ?? []).entries()) {
      for (const [name, value] of await this.read({ path, required: true }, place.at('label_file', index)))
        labels.set(name, value ?? '');
    }
    for (const [name, value] of Object.entries(service.labels ?? {})) labels.set(name, value ?? '');
    return {
      ...service,
      ...(environment.size === 0 ? {} : { environment: Object.fromEntries(environment) as NameValues }),
      ...(labels.size === 0 ? {} : { labels: Object.fromEntries(labels) as NameValues }),
    };
  }

  /** A variable without a value has that of the environment here; without one there, it does not exist. */
  private set(environment: Map<string, string | null>, name: string, value: string | null): void {
    const found = value ?? this.variables.valueOf(name);
    if (found === undefined) environment.delete(name);
    else environment.set(name, found);
  }

  private async read({ path, required, format }: EnvFile, place: Place): Promise<EnvEntries> {
    const text = await this.context.reader.tryRead(path);
    if (text === undefined && required) throw place.error(`names the file ${path}, which is not there`);
    const name = nameOfFile(path, this.context.cwd);
    if (format === 'raw') return parseRawEnvFile(name, text ?? '');
    if (format !== undefined) throw place.error(`has a format that is not known: ${format}; there is raw`);
    return parseEnvFile(name, text ?? '', this.variables);
  }
}
