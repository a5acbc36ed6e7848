import { messageOf } from '#common/errors';
import { dedent } from './dedent';
import { loadProject, type Project } from '../load-project';
import type { LoadContext } from '../read-layers';

/** Where the files of a test lie. */
export const FOLDER = '/project';

export interface ReadFiles {
  readonly files: Readonly<Record<string, string>>;
  /** Those that are named on the command line; compose.yaml alone unless told. */
  readonly named?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly profiles?: readonly string[];
  readonly interpolate?: boolean;
}

/** Reads compose files that are held in memory. */
export async function readFiles({
  files,
  named = ['compose.yaml'],
  env = {},
  profiles = [],
  interpolate = true,
}: ReadFiles): Promise<Project & { warnings: string[] }> {
  const warnings: string[] = [];
  const texts = new Map(Object.entries(files).map(([name, text]) => [`${FOLDER}/${name}`, dedent(text)]));
  const context: LoadContext = {
    reader: { tryRead: (path) => Promise.resolve(texts.get(path)) },
    cwd: FOLDER,
    env,
    interpolate,
    warn: (message) => warnings.push(message),
  };
  const sources = { files: named.map((name) => `${FOLDER}/${name}`), folder: FOLDER };
  const project = await loadProject(sources, profiles, context);
  return { ...project, warnings };
}

/** The services of one file. */
export async function readServices(text: string, more: Omit<ReadFiles, 'files'> = {}): Promise<Project['model']['services']> {
  return (await readFiles({ files: { 'compose.yaml': text }, ...more })).model.services;
}

/** The message of the error that reading ends with. */
export async function readError(reading: Promise<unknown>): Promise<string> {
  try {
    await reading;
  } catch (error) {
    return messageOf(error);
  }
  throw new Error('it was read without an error');
}
