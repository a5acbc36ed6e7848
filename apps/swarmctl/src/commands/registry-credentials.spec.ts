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

  it('are empty without any', async () => {
    expect(await bench.type('service create --detach --with-registry-auth registry.test/app')).toBe(EXIT.ok);
    expect(decoded()).toEqual({});
  });

  it('are not sent unless asked for', async () => {
    await bench.type('service create --detach registry.test/app');
    expect(bench.manager.registryAuth).toBeUndefined();
  });

  it('fail clearly when the config is broken', async () => {
    writeFileSync(join(folder, 'config.json'), '{');
    expect(await bench.type('service create --detach --with-registry-auth registry.test/app')).toBe(EXIT.usage);
    expect(bench.session.stderr.text).toContain('config.json is not valid JSON');
  });
});
