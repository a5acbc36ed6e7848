import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ETCD_FILES, makeEtcdCertificates } from './etcd-certificates';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'etcd-certificates-'));
  await makeEtcdCertificates([{ name: 'n1', address: '10.77.1.11', folder }]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (kind: keyof typeof ETCD_FILES): X509Certificate =>
  new X509Certificate(readFileSync(join(folder, ETCD_FILES[kind]), 'utf8'));

describe('certificates of an etcd', () => {
  it.each([
    ['clientCert', 'clientCa', 'peerCa', [CLIENT_AUTH]],
    ['serverCert', 'clientCa', 'peerCa', [SERVER_AUTH]],
    ['peerCert', 'peerCa', 'clientCa', [SERVER_AUTH, CLIENT_AUTH]],
  ] as const)('%s: is signed by %s and not by %s, for %j', (kind, issuer, other, usages) => {
    const certificate = read(kind);
    expect([certificate.verify(read(issuer).publicKey), certificate.verify(read(other).publicKey)]).toEqual([true, false]);
    expect([certificate.ca, certificate.keyUsage]).toEqual([false, usages]);
  });

  it.each(['serverCert', 'peerCert'] as const)('%s: is good for every way to the host', (kind) => {
    const certificate = read(kind);
    for (const address of ['10.77.1.11', '127.0.0.1', '::1']) expect(certificate.checkIP(address)).toBe(address);
    for (const name of ['n1', 'localhost']) expect(certificate.checkHost(name)).toBe(name);
    expect(certificate.checkIP('10.77.1.12')).toBeUndefined();
  });

  it('all name their own key and that of who signed them', () => {
    for (const kind of ['clientCa', 'peerCa', 'clientCert', 'serverCert', 'peerCert'] as const) {
      const der = read(kind).raw.toString('hex');
      // Subject and authority key identifier: 2.5.29.14, 2.5.29.35.
      expect([kind, der.includes('0603551d0e'), der.includes('0603551d23')]).toEqual([kind, true, true]);
    }
  });
});
