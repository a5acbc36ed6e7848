import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { LabCluster } from '../lab/cluster';
import { ETCD_FILES, makeEtcdCertificates } from '../lab/etcd-certificates';
import { Lab } from '../lab/lab';

/** curl was cut off in the handshake or right after it: nobody answered it, and it did not wait in vain either. */
const CUT_OFF = /ended with code (?:16|35|52|55|56|58)\b/;
/** A user of the host, without any right. */
const NOBODY = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
const REFUSED = /certificate|handshake|tls|EOF|reset|refused|unavailable|deadline|SSL|permission denied/i;

describe('promise 1: etcd takes managers only, on loopback as well', () => {
  let lab: Lab;
  let cluster: LabCluster;
  let foreign: string;
  beforeAll(async () => {
    lab = await Lab.up({ name: 'etcd-tls', hosts: ['n1'] });
    cluster = await LabCluster.create(lab);
    for (const part of ['etcd', 'manager'] as const) cluster.start(part);
    await eventually(async () => (await cluster.api.send({ path: '/readyz' })).status === 200, {
      reason: 'the manager serves',
      timeoutMs: 30_000,
    });
    // Those of another cluster: signed by an authority, but by another one.
    foreign = await mkdtemp(join(tmpdir(), 'etcd-foreign-'));
    await makeEtcdCertificates([{ name: 'n1', address: lab.host('n1').address, folder: foreign }]);
  }, 120_000);
  afterAll(async () => {
    await rm(foreign, { recursive: true, force: true });
    await lab?.down();
  });

  const own = (kind: keyof typeof ETCD_FILES): string => join(lab.host('n1').dataDir, 'etcd-certificates', ETCD_FILES[kind]);
  const other = (kind: keyof typeof ETCD_FILES): string => join(foreign, ETCD_FILES[kind]);
  const shown = (certificate: string, key: string): string[] => ['--cert', certificate, '--key', key];
  /** What etcdctl says when it reads everything, trusting whoever answers. */
  const read = (endpoint: string, credentials: readonly string[], prefix: readonly string[] = []): Promise<string> => {
    const limits = ['--dial-timeout', '2s', '--command-timeout', '2s', '--insecure-skip-tls-verify'];
    const args = ['--endpoints', endpoint, ...limits, ...credentials, 'get', '', '--prefix', '--keys-only'];
    const [command = '', ...words] = [...prefix, 'etcdctl', ...args];
    return lab
      .host('n1')
      .exec(command, words)
      .then(({ stdout }) => stdout);
  };
  /** The body of an answer over HTTP, from whoever answers. */
  const curl = (url: string, ...more: string[]): Promise<string> =>
    lab
      .host('n1')
      .exec('curl', ['-sS', '-k', '--http1.1', '-m', '3', ...more, url])
      .then(({ stdout }) => stdout);

  it('a manager is let in', async () => {
    // The manager is let in as well, and makes its cluster there.
    const key = (): Promise<string> => cluster.etcdctl('n1', 'get', '/swarmctl/cluster', '--keys-only');
    await eventually(async () => expect(await key()).toBe('/swarmctl/cluster'), { reason: 'the cluster is there' });
  });

  it.each(['loopback', 'the host’s address'])(
    'a user of the host is not, on %s: neither with TLS nor without',
    async (place) => {
      const address = place === 'loopback' ? '127.0.0.1' : lab.host('n1').address;
      for (const scheme of ['https', 'http'])
        await expect(read(`${scheme}://${address}:2379`, [], ['setpriv', ...NOBODY])).rejects.toThrow(REFUSED);
    },
    30_000,
  );

  it.each<[string, () => string[]]>([
    ['no certificate', () => []],
    ['a certificate of another cluster’s managers', () => shown(other('clientCert'), other('clientKey'))],
    ['a certificate of the members, which is for other members', () => shown(own('peerCert'), own('peerKey'))],
    ['the certificate that a member shows its clients', () => shown(own('serverCert'), own('serverKey'))],
  ])(
    'nobody is with %s',
    async (_, credentials) => {
      await expect(read('https://127.0.0.1:2379', credentials())).rejects.toThrow(REFUSED);
    },
    30_000,
  );

  it.each<[string, () => string[]]>([
    ['no certificate', () => []],
    ['a manager’s certificate', () => shown(own('clientCert'), own('clientKey'))],
    ['a certificate of another cluster’s members', () => shown(other('peerCert'), other('peerKey'))],
  ])('the members’ own port takes nobody with %s', async (_, credentials) => {
    const url = `https://${lab.host('n1').address}:2380/members`;
    await expect(curl(url, ...credentials())).rejects.toThrow(CUT_OFF);
    expect(await curl(url, ...shown(own('peerCert'), own('peerKey')))).toContain('peerURLs');
  });

  it.each(['/metrics', '/health', '/version', '/debug/pprof/', '/v2/keys'])('%s is behind the certificates', async (path) => {
    await expect(curl(`https://127.0.0.1:2379${path}`)).rejects.toThrow(CUT_OFF);
  });

  it('what managers do not use is not served at all', async () => {
    const credentials = shown(own('clientCert'), own('clientKey'));
    const everything = Buffer.from([0]).toString('base64');
    const range = ['-X', 'POST', '-d', JSON.stringify({ key: everything, range_end: everything })];
    expect(await curl('https://127.0.0.1:2379/v3/kv/range', ...credentials, ...range)).toContain('404');
    expect(await curl('https://127.0.0.1:2379/debug/pprof/', ...credentials)).toContain('404');
  });

  it('keys and data are root’s alone, and no authority’s key is kept', async () => {
    const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
    const { dataDir } = lab.host('n1');
    expect([await modeOf(join(dataDir, 'etcd-certificates')), await modeOf(join(dataDir, 'etcd'))]).toEqual([0o700, 0o700]);
    for (const kind of Object.keys(ETCD_FILES) as (keyof typeof ETCD_FILES)[]) expect(await modeOf(own(kind))).toBe(0o600);
    expect(Object.values(ETCD_FILES).filter((file) => file.includes('ca') && file.endsWith('.key'))).toEqual([]);
  });
});
