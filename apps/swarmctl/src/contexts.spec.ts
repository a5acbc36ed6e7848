import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseAddress } from './address';
import { EXIT, type ExitCode } from './exit-codes';
import { runProgram } from './program';
import { newTestSession, type TestSession } from './testing/test-session';

let home: string;
let session: TestSession;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'swarmctl-contexts-'));
  session = newTestSession({ env: { HOME: home } });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const type = (line: string): Promise<ExitCode> => {
  session = newTestSession({ env: { HOME: home } });
  return runProgram(line.split(' '), session);
};
const chosen = (flags: object = {}, env: object = {}): string => {
  const { text, chosenBy } = chooseAddress(flags, { HOME: home, ...env });
  return `${text} ${chosenBy}`;
};

it('a context is used for as long as nothing else is said', async () => {
  await type('context create prod tcp://10.0.0.5:2377 --description production');
  await type('context create test unix:///tmp/m.sock');
  expect(chosen()).toContain('/run/swarmctl/manager.sock');
  expect(await type('context use prod')).toBe(EXIT.ok);
  expect(chosen()).toBe('tcp://10.0.0.5:2377 from the context prod');
  expect(chosen({ context: 'test' })).toBe('unix:///tmp/m.sock from --context test');
  expect(chosen({}, { SWARMCTL_CONTEXT: 'test' })).toBe('unix:///tmp/m.sock from the context test');
  expect(chosen({}, { DOCKER_HOST: 'tcp://b:2' })).toBe('tcp://b:2 from DOCKER_HOST');
  expect(chosen({ host: 'tcp://c:3', context: 'test' })).toBe('tcp://c:3 from --host');
  await type('context ls');
  expect(session.stdout.text).toMatch(
    /^NAME +DESCRIPTION +ADDRESS\nprod \* +production +tcp:\/\/10\.0\.0\.5:2377\ntest +unix:\/\/\/tmp\/m\.sock\n$/,
  );
  await type('context use default');
  expect(chosen()).toContain('/run/swarmctl/manager.sock');
});

it('one that is removed is not used any more', async () => {
  await type('context create prod tcp://10.0.0.5:2377');
  await type('context use prod');
  expect(await type('context rm prod')).toBe(EXIT.ok);
  expect(chosen()).toContain('/run/swarmctl/manager.sock');
});

it('nobody else may read them', async () => {
  await type('context create prod tcp://10.0.0.5:2377');
  expect(statSync(join(home, '.swarmctl/contexts.json')).mode & 0o777).toBe(0o600);
});

it.each([
  ['context create prod ftp://x', EXIT.usage, 'ftp:// is not supported'],
  ['context create ../x tcp://a:1', EXIT.usage, 'is not a name'],
  ['context create one tcp://a:1', EXIT.refused, 'context one already exists'],
  ['context use nobody', EXIT.usage, "there is no context 'nobody'; there are one"],
  ['context rm nobody', EXIT.usage, "there is no context 'nobody'"],
  ['--context nobody service ls', EXIT.usage, "there is no context 'nobody'"],
])('%s is refused', async (line, code, reason) => {
  await type('context create one tcp://a:1');
  expect(await type(line)).toBe(code);
  expect(session.stderr.text).toContain(reason);
});

it('a file that is no list of contexts is named', async () => {
  await type('context create one tcp://a:1');
  writeFileSync(join(home, '.swarmctl/contexts.json'), '{');
  expect(await type('context ls')).toBe(EXIT.usage);
  expect(session.stderr.text).toContain('contexts.json cannot be read');
});
