import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePrivateFolder, writeDurably } from '#common/files';
import { createLogger } from '#common/logging';
import { NodeKey } from '../../apps/agent/src/node-key';
import { WireguardKeys } from '../../apps/agent/src/network/wireguard/wireguard-keys';
import { HttpServer } from '../../apps/manager/src/api/http-server';
import { findSocketGroup } from '../../apps/manager/src/api/http/socket-group';
import { keepJoinedEtcdCredentials } from '../../apps/manager/src/membership/etcd-credentials';
import { loadManagerId } from '../../apps/manager/src/membership/manager-identity';
import { SealingKeys } from '../../apps/manager/src/membership/sealing-keys';

const MODE = 0o777;
const OWN_GROUP = process.getgid?.() ?? 0;

describe('promise 20: what a host keeps of the cluster is its owner’s, and the socket its group’s', () => {
  let root: string;
  const before = process.umask();
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'closed-'));
    // As loose as it can be: nothing may depend on how the programs are started.
    process.umask(0);
  });
  afterEach(() => {
    process.umask(before);
    rmSync(root, { recursive: true });
  });
  const modeOf = (path: string): number => statSync(path).mode & MODE;

  it('makes a folder for its owner alone, and the folders above it as usual', async () => {
    await ensurePrivateFolder(join(root, 'run', 'agent'));
    expect([modeOf(join(root, 'run', 'agent')), modeOf(join(root, 'run'))]).toEqual([0o700, 0o777]);
  });

  it.each([0o755, 0o777, 0o750, 0o701])('closes one that was open (%o)', async (mode) => {
    const folder = join(root, 'data');
    mkdirSync(folder);
    chmodSync(folder, mode);
    await ensurePrivateFolder(folder);
    expect(modeOf(folder)).toBe(0o700);
  });

  it.each<[string, (dataDir: string) => Promise<unknown>]>([
    ['manager', loadManagerId],
    ['agent', NodeKey.load],
  ])('the data directory of a %s is closed at its start', async (_, start) => {
    const dataDir = join(root, 'data');
    await start(dataDir);
    expect(modeOf(dataDir)).toBe(0o700);
  });

  it.each<[string, (dataDir: string) => Promise<unknown>]>([
    ['node-key', NodeKey.load],
    ['wireguard-keys', (dataDir) => WireguardKeys.load(dataDir, new Date())],
    ['sealing-keys.json', SealingKeys.load],
    ['joined-etcd-credentials.json', (dataDir) => keepJoinedEtcdCredentials(dataDir, { ca: '', certificate: '', key: '' })],
    ['joined.json', (dataDir) => writeDurably(join(dataDir, 'joined.json'), '{}')],
  ])('%s is read by its owner alone', async (file, write) => {
    await write(root);
    expect(modeOf(join(root, file))).toBe(0o600);
  });

  it('the socket is never open to more than its group, from the moment that it is there', async () => {
    const path = join(root, 'api.sock');
    const server = new HttpServer(
      { request: (_, response) => void response.end(), upgrade: () => Promise.resolve() },
      createLogger('test', 'silent'),
      { socketGroup: OWN_GROUP },
    );
    const seen = new Set<number>();
    let isListening = false;
    const listening = server.listen([`unix://${path}`]).finally(() => (isListening = true));
    while (!isListening) {
      try {
        seen.add(modeOf(path));
      } catch {
        // Not there yet.
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await listening;
    expect([...seen].filter((mode) => mode !== 0o600 && mode !== 0o660)).toEqual([]);
    expect([modeOf(path), statSync(path).gid, process.umask()]).toEqual([0o660, OWN_GROUP, 0]);
    await server.close(0);
  });

  it.each<[string | undefined, string, number | undefined]>([
    ['ops', 'root:x:0:\nops:x:70:a,b\n', 70],
    ['4242', '', 4242],
    [undefined, 'dockers:x:1:\n', undefined],
    [undefined, '', undefined],
  ])('the group %s is found in %j', async (wanted, text, number) => {
    const file = join(root, 'group');
    writeFileSync(file, text);
    expect(await findSocketGroup(wanted, file)).toBe(number);
  });

  it('is docker’s where there is such a group that the socket can be given to', async () => {
    const file = join(root, 'group');
    writeFileSync(file, `docker:x:${OWN_GROUP}:\n`);
    expect(await findSocketGroup(undefined, file)).toBe(OWN_GROUP);
  });

  it.each(['nobody-has-this', 'ops:x', ' ', ''])('a group that is named and not there is an error: %j', async (wanted) => {
    const file = join(root, 'group');
    writeFileSync(file, 'ops:x:70:\n');
    await expect(findSocketGroup(wanted, file)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('--socket-group'),
    });
  });
});
