import { dirname, resolve } from 'node:path';
import { DomainError } from '#common/errors';
import { loadProject, type Project } from '../../compose/load-project';
import { STDIN } from '../../compose/read-layers';
import { FILES, type TextReader } from '../../compose/read-text';
import { many, one, toggle, type FlagValues } from '../../flags/flag';
import { text } from '../../flags/values/text';
import { plainText } from '../../render/plain-text';
import { writeLine, type Session } from '../../session';

/** Flags of every command that reads compose files. */
export const PROJECT_FLAGS = {
  composeFile: many(text('path', 'compose.yaml'), 'Compose file, each over the ones before it; - for what is piped in', {
    short: 'c',
  }),
  envFile: many(text('path', 'prod.env'), 'File with variables for the compose files, instead of .env beside the first of them'),
  profile: many(text('profile', 'debug'), 'Profile whose services are wanted, too; * for all'),
  projectDirectory: one(text('path', '.'), 'Where relative paths begin; the folder of the first file unless told'),
  noInterpolate: toggle('Leave variables as they are written'),
} as const;

export type ProjectFlags = FlagValues<typeof PROJECT_FLAGS>;

/** What is looked for when no file is named; the specification's names, the best first. */
const DEFAULT_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/** Reads standard input once, however often it is named. */
function readerWith({ stdin }: Session): TextReader {
  let input: Promise<string> | undefined;
  const readInput = async (): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const chunk of stdin.stream) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString('utf8');
  };
  return { tryRead: (path) => (path === STDIN ? (input ??= readInput()) : FILES.tryRead(path)) };
}

async function filesOf({ composeFile = [] }: ProjectFlags, folder: string, reader: TextReader): Promise<string[]> {
  if (composeFile.length > 0) return composeFile.map((file) => (file === STDIN ? STDIN : resolve(folder, file)));
  for (const name of DEFAULT_FILES) {
    const file = resolve(folder, name);
    if ((await reader.tryRead(file)) !== undefined) return [file];
  }
  throw new DomainError(
    'INVALID_ARGUMENT',
    `there is no compose file here (${DEFAULT_FILES.join(', ')}): name one with --compose-file`,
  );
}

function profilesOf({ profile = [] }: ProjectFlags, { env }: Session): string[] {
  const fromShell = (env.COMPOSE_PROFILES ?? '').split(',').filter(Boolean);
  return [...profile, ...fromShell];
}

/** Reads the compose files of a stack. What is strange in them is said on stderr. @throws DomainError INVALID_ARGUMENT naming file and line */
export async function readProject(session: Session, flags: ProjectFlags, stack: string | undefined): Promise<Project> {
  const { cwd, env, stderr } = session;
  const reader = readerWith(session);
  const files = await filesOf(flags, cwd, reader);
  const [first = cwd] = files;
  const folder =
    flags.projectDirectory === undefined ? (first === STDIN ? cwd : dirname(first)) : resolve(cwd, flags.projectDirectory);
  const context = {
    reader,
    cwd,
    env: stack === undefined ? env : { ...env, COMPOSE_PROJECT_NAME: stack },
    interpolate: flags.noInterpolate !== true,
    warn: (message: string) => writeLine(stderr, `warning: ${plainText(message)}`),
  };
  const envFiles = flags.envFile?.map((file) => resolve(cwd, file));
  return loadProject({ files, folder, envFiles }, profilesOf(flags, session), context);
}

/** The name of a stack: the one that is typed, else that of its files. @throws DomainError INVALID_ARGUMENT when there is none */
export function stackName(typed: string | undefined, { model }: Project): string {
  const name = typed ?? model.name;
  if (name === undefined)
    throw new DomainError('INVALID_ARGUMENT', 'the name of the stack is missing: type it, or write name: in the compose file');
  return name;
}
