import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ETCD_FILES, makeEtcdCertificates } from '../../../../test/lab/etcd-certificates';
import {
  keepJoinedEtcdCredentials,
  loadJoinedEtcdCredentials,
  readEtcdCredentials,
  removeJoinedEtcdCredentials,
  type EtcdCredentialFiles,
} from './etcd-credentials';

const URLS = ['https://10.0.0.1:2379'];

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'etcd-credentials-'));
  await makeEtcdCertificates([{ name: 'n1', address: '10.0.0.1', folder }]);
  writeFileSync(join(folder, 'garbage'), 'garbage');
});
afterAll(() => rmSync(folder, { recursive: true }));

const path = (kind: keyof typeof ETCD_FILES): string => join(folder, ETCD_FILES[kind]);
const text = (kind: keyof typeof ETCD_FILES): string => readFileSync(path(kind), 'utf8');
const all = (): EtcdCredentialFiles => ({
  etcdCaFile: path('clientCa'),
  etcdCertFile: path('clientCert'),
  etcdKeyFile: path('clientKey'),
});

describe('what a manager reaches etcd with', () => {
  it('is nothing where no file is named', () => {
    expect(readEtcdCredentials({}, ['http://127.0.0.1:2379'])).toBeUndefined();
  });

  it('is what the files hold', () => {
    const wanted = { ca: text('clientCa'), certificate: text('clientCert'), key: text('clientKey') };
    expect(readEtcdCredentials(all(), URLS)).toEqual(wanted);
    expect(readEtcdCredentials({ etcdCaFile: path('clientCa') }, URLS)).toEqual({ ...wanted, certificate: '', key: '' });
  });

  it.each<[string, () => EtcdCredentialFiles, string]>([
    ['no authorities', () => ({ ...all(), etcdCaFile: undefined }) as EtcdCredentialFiles, '--etcd-ca-file is missing'],
    ['no certificate', () => ({ ...all(), etcdCertFile: undefined }) as EtcdCredentialFiles, '--etcd-cert-file is missing'],
    ['no key', () => ({ ...all(), etcdKeyFile: undefined }) as EtcdCredentialFiles, '--etcd-key-file is missing'],
    ['a file that is not there', () => ({ ...all(), etcdCaFile: join(folder, 'none') }), '--etcd-ca-file'],
    ['authorities that are none', () => ({ ...all(), etcdCaFile: join(folder, 'garbage') }), '--etcd-ca-file'],
    ['a certificate that is none', () => ({ ...all(), etcdCertFile: path('clientKey') }), '--etcd-cert-file'],
    ['a key that is none', () => ({ ...all(), etcdKeyFile: path('clientCert') }), '--etcd-key-file'],
    ['the key of another certificate', () => ({ ...all(), etcdKeyFile: path('serverKey') }), 'not the key of the certificate'],
  ])('is refused with %s, by the name of the flag', (_, files, reason) => {
    expect(() => readEtcdCredentials(files(), URLS)).toThrow(reason);
  });

  it('is not read for members that are asked without TLS', () => {
    expect(() => readEtcdCredentials(all(), [...URLS, 'http://10.0.0.2:2379'])).toThrow('--etcd http://10.0.0.2:2379');
  });

  it('is kept for a cluster that is joined, and forgotten with it', async () => {
    const credentials = readEtcdCredentials(all(), URLS);
    await keepJoinedEtcdCredentials(folder, credentials);
    expect(await loadJoinedEtcdCredentials(folder)).toEqual(credentials);
    await removeJoinedEtcdCredentials(folder);
    expect(await loadJoinedEtcdCredentials(folder)).toBeUndefined();
  });

  it('is not what an earlier cluster asked for, where the next one asks for nothing', async () => {
    await keepJoinedEtcdCredentials(folder, readEtcdCredentials(all(), URLS));
    await keepJoinedEtcdCredentials(folder, undefined);
    expect(await loadJoinedEtcdCredentials(folder)).toBeUndefined();
  });

  it('is not told when it cannot be read: it is a key', async () => {
    writeFileSync(join(folder, 'joined-etcd-credentials.json'), '{"key": "SECRET');
    await expect(loadJoinedEtcdCredentials(folder)).rejects.toThrow(/is damaged/);
    await expect(loadJoinedEtcdCredentials(folder)).rejects.not.toThrow(/SECRET/);
  });
});
