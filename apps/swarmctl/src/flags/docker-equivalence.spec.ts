import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceSpec } from '#common/proto';
import { EXIT, type ExitCode } from '../exit-codes';
import { runProgram } from '../program';
import { newTestSession } from '../testing/test-session';
import { changesBetween, withSortedLists } from './testing/changes';
import { startRecordingManager, type RecordingManager } from './testing/recording-manager';
import {
  readRecordings,
  RECORDED_ENVIRONMENT,
  RECORDED_FOLDER,
  UNORDERED_LISTS,
  type RecordedVerb,
  type Recording,
} from './testing/recordings';

interface Ran {
  code: ExitCode;
  stderr: string;
  posted: unknown;
  query: string;
}

let manager: RecordingManager;
let folder: string;
beforeAll(async () => {
  manager = await startRecordingManager('1.41');
  folder = mkdtempSync(join(tmpdir(), 'swarmctl-'));
});
afterEach(() => readdirSync(folder).forEach((name) => rmSync(join(folder, name))));
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await manager.close();
});

/** Runs our command line against the manager that docker's was recorded with. */
async function runOurs(verb: RecordedVerb, { args, files = {} }: Recording, base: unknown): Promise<Ran> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  manager.reset(base);
  const env = { ...RECORDED_ENVIRONMENT, DOCKER_CONFIG: folder, SWARMCTL_HOST: `tcp://127.0.0.1:${manager.port}` };
  const session = newTestSession({ env, cwd: folder });
  const code = await runProgram(['service', verb, '--detach', ...args], session);
  return { code, stderr: session.stderr.text, posted: manager.posted(), query: manager.query() };
}

function settled(verb: RecordedVerb, sent: unknown): unknown {
  const text = JSON.stringify(withSortedLists(sent, UNORDERED_LISTS[verb]));
  return JSON.parse(text.replaceAll(folder, RECORDED_FOLDER)) as unknown;
}

/** What the API's model keeps of a spec: an empty list and none are one to it. */
const inModel = (spec: unknown): unknown => ServiceSpec.toJSON(ServiceSpec.fromJSON(spec));

const refusedByUs = ({ refused, stricter }: Recording): boolean => refused !== undefined || stricter === true;

describe.each(['create', 'update'] as const)('service %s', (verb) => {
  const { bases, cases } = readRecordings(verb);

  it.each(cases.filter(refusedByUs))('refuses: $name', async (recording) => {
    const ran = await runOurs(verb, recording, bases[recording.base ?? '']);
    expect([EXIT.usage, EXIT.notFound]).toContain(ran.code);
    expect(ran.posted).toBeUndefined();
    expect(ran.stderr).toMatch(/^swarmctl: ./);
  });
});

describe('service create sends what docker sends', () => {
  const { cases } = readRecordings('create');

  it.each(cases.filter((recording) => !refusedByUs(recording)))('$name', async (recording) => {
    const ran = await runOurs('create', recording, undefined);
    const complaints = ran.stderr.replace(/^warning: image .* could not be accessed on a registry .*\nreason: .*\n/, '');
    expect({ code: ran.code, complaints }).toEqual({ code: EXIT.ok, complaints: '' });
    expect(settled('create', ran.posted)).toEqual(inModel(recording.spec));
  });

  it.each(cases.filter(({ spec }) => spec !== undefined))('the model loses nothing of: $name', ({ spec }) => {
    expect(changesBetween(spec, inModel(spec))).toEqual({});
  });
});

describe('service update changes what docker changes', () => {
  const { bases, cases } = readRecordings('update');

  it.each(cases.filter((recording) => !refusedByUs(recording)))('$base: $name', async (recording) => {
    const base = bases[recording.base ?? ''];
    const ran = await runOurs('update', recording, base);
    expect({ code: ran.code, query: ran.query.split('&').sort() }).toEqual({
      code: EXIT.ok,
      query: recording.query?.split('&').sort(),
    });
    const before = withSortedLists(base, UNORDERED_LISTS.update);
    expect(changesBetween(before, settled('update', ran.posted))).toEqual(recording.changes);
  });
});
