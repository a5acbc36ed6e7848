/**
 * Records what the stock docker CLI makes of each command line in create-recordings.json and update-recordings.json, and
 * writes the files anew. Run by hand when a case is added or a newer docker CLI is to be followed:
 *
 *   npm run build && node dist/apps/swarmctl/src/flags/testing/record-docker-cli.js apps/swarmctl/src/flags/testing
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changesBetween, withSortedLists } from './changes';
import { startRecordingManager } from './recording-manager';
import {
  readRecordings,
  RECORDED_ENVIRONMENT,
  RECORDED_FOLDER,
  recordingsPath,
  UNORDERED_LISTS,
  type RecordedVerb,
  type Recording,
  type Recordings,
} from './recordings';

const DOCKER = '/usr/local/bin/docker';
// Low enough for every client to speak it; cases that need a newer API say so.
const DEFAULT_API = '1.41';

interface Ran {
  failed: boolean;
  stderr: string;
}

function runDocker(port: number, folder: string, args: readonly string[]): Promise<Ran> {
  const env = { PATH: process.env.PATH, HOME: folder, DOCKER_CONFIG: folder, ...RECORDED_ENVIRONMENT };
  return new Promise((resolve) => {
    execFile(DOCKER, ['-H', `tcp://127.0.0.1:${port}`, 'service', ...args], { cwd: folder, env }, (error, _stdout, stderr) =>
      resolve({ failed: error !== null, stderr }),
    );
  });
}

async function withFolder<T>(files: Readonly<Record<string, string>>, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'docker-cli-'));
  try {
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What was sent, in a form that a second recording gives again: lists in a fixed order, the folder under a fixed name. */
function settled(verb: RecordedVerb, sent: unknown, folder: string): unknown {
  const text = JSON.stringify(withSortedLists(sent, UNORDERED_LISTS[verb]));
  return JSON.parse(text.replaceAll(folder, RECORDED_FOLDER)) as unknown;
}

/** A new spec is kept whole; of an update only what it changed, which is what a reader wants to see. */
function outcomeOf(verb: RecordedVerb, base: unknown, sent: unknown): Partial<Recording> {
  if (verb === 'create') return { spec: sent };
  return { changes: changesBetween(withSortedLists(base, UNORDERED_LISTS[verb]), sent) };
}

async function record(verb: RecordedVerb, recording: Recording, base: unknown): Promise<Recording> {
  const { name, args, files, api, stricter } = recording;
  const manager = await startRecordingManager(api ?? DEFAULT_API);
  manager.reset(base);
  try {
    return await withFolder(files ?? {}, async (folder) => {
      const { failed, stderr } = await runDocker(manager.port, folder, [verb, '--detach', ...args]);
      const outcome = failed
        ? { refused: stderr.split('\n')[0] ?? '' }
        : { ...outcomeOf(verb, base, settled(verb, manager.posted(), folder)), query: manager.query() || undefined };
      return { name, base: recording.base, args, files, api, stricter, ...outcome };
    });
  } finally {
    await manager.close();
  }
}

/** One case a line: a changed case is a changed line in review. */
function toText(recordings: Recordings): string {
  const bases = Object.entries(recordings.bases).map(([name, spec]) => `    ${JSON.stringify(name)}: ${JSON.stringify(spec)}`);
  const cases = recordings.cases.map((recording) => `    ${JSON.stringify(recording)}`);
  return `{\n  "bases": {\n${bases.join(',\n')}\n  },\n  "cases": [\n${cases.join(',\n')}\n  ]\n}\n`;
}

async function recordAll(verb: RecordedVerb, folder: string): Promise<void> {
  const recordings = readRecordings(verb, folder);
  const cases: Recording[] = [];
  for (const recording of recordings.cases) {
    cases.push(await record(verb, recording, recordings.bases[recording.base ?? '']));
  }
  await writeFile(recordingsPath(verb, folder), toText({ ...recordings, cases }));
}

async function main(folder: string): Promise<void> {
  await recordAll('create', folder);
  await recordAll('update', folder);
}

void main(process.argv[2] ?? __dirname);
