import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../exit-codes';
import { CommandBench } from '../testing/command-bench';

const bench = new CommandBench();
beforeEach(() => bench.start());
afterEach(() => bench.stop());

describe('credentials for the registry', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'docker-config-'));
    bench.session = bench.newSession({ env: { DOCKER_CONFIG: folder } });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const decoded = (): unknown => JSON.parse(Buffer.from(bench.manager.registryAuth ?? '', 'base64url').toString('utf8'));

  it('are those that docker login left', async () => {
    const auth = Buffer.from('user:pass:word').toString('base64');
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { 'registry.test': { auth } } }));
    expect(await bench.type('service create --detach --with-registry-auth registry.test/app')).toBe(EXIT.ok);
    expect(decoded()).toEqual({ username: 'user', password: 'pass:word', serveraddress: 'registry.test' });
  });

  it.each(['https://registry.test', 'https://registry.test/v1/', 'http://registry.test/'])(
    'are found under the URL %s, as they used to be kept',
    async (name) => {
      const auth = Buffer.from('user:pass').toString('base64');
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [name]: { auth } } }));
      expect(await bench.type('service create --detach --with-registry-auth registry.test/app')).toBe(EXIT.ok);
      expect(decoded()).toMatchObject({ username: 'user' });
    },
  );

  it('are empty without any', async () => {
    expect(await bench.type('service create --detach --with-registry-auth registry.test/app')).toBe(EXIT.ok);
    expect(decoded()).toEqual({});
  });

  it('are not sent unless asked for', async () => {
    await bench.type('service create --detach registry.test/app');
    expect(bench.manager.registryAuth).toBeUndefined();
  });

  describe('of a helper', () => {
    const install = (script: string, config: object): void => {
      writeFileSync(join(folder, 'docker-credential-test'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
      bench.session = bench.newSession({ env: { DOCKER_CONFIG: folder, PATH: `${folder}:/usr/bin:/bin` } });
    };
    const answer = (user: string): string =>
      `read server; echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"${user}\\",\\"Secret\\":\\"of $server\\"}"`;

    it.each([
      { name: 'for all registries', config: { credsStore: 'test' } },
      { name: 'for this one', config: { credHelpers: { 'registry.test': 'test' }, credsStore: 'missing' } },
    ])('are asked for, $name', async ({ config }) => {
      install(answer('user'), config);
      expect(await bench.type('service create --detach --with-registry-auth registry.test/app')).toBe(EXIT.ok);
      expect(decoded()).toEqual({ username: 'user', password: 'of registry.test', serveraddress: 'registry.test' });
    });

    it('may be a token', async () => {
      install(answer('<token>'), { credsStore: 'test' });
      expect(await bench.type('service create --detach --with-registry-auth registry.test/app')).toBe(EXIT.ok);
      expect(decoded()).toEqual({ identitytoken: 'of registry.test', serveraddress: 'registry.test' });
    });

    it('are none when it has none, which is no failure', async () => {
      install('echo "credentials not found in native keychain"; exit 1', { credsStore: 'test' });
      expect(await bench.type('service create --detach --with-registry-auth registry.test/app')).toBe(EXIT.ok);
      expect(decoded()).toEqual({});
    });

    it.each([
      { name: 'fails', script: 'echo "no keychain here"; exit 1', config: 'test', code: EXIT.refused, says: 'no keychain here' },
      { name: 'is not there', script: '', config: 'missing', code: EXIT.refused, says: 'docker-credential-missing has failed' },
      { name: 'talks nonsense', script: 'echo secret', config: 'test', code: EXIT.usage, says: 'is not valid JSON\n' },
    ])('fail clearly when it $name', async ({ script, config, code, says }) => {
      install(script, { credsStore: config });
      expect(await bench.type('service create --detach --with-registry-auth registry.test/app')).toBe(code);
      expect(bench.session.stderr.text).toContain(says);
      expect(bench.session.stderr.text).not.toContain('secret');
    });
  });

  it('fail clearly when the config is broken', async () => {
    writeFileSync(join(folder, 'config.json'), '{');
    expect(await bench.type('service create --detach --with-registry-auth registry.test/app')).toBe(EXIT.usage);
    expect(bench.session.stderr.text).toContain('config.json is not valid JSON');
  });
});
