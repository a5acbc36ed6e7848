// The package's own container of parts wants it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from '@peculiar/x509';

/** A host that runs a member of etcd. */
export interface EtcdHost {
  readonly name: string;
  readonly address: string;
  /** Folder that takes the host's certificates. */
  readonly folder: string;
}

/** Paths below an EtcdHost's folder. */
export const ETCD_FILES = {
  clientCa: 'client-ca.crt',
  serverCert: 'server.crt',
  serverKey: 'server.key',
  clientCert: 'client.crt',
  clientKey: 'client.key',
  peerCa: 'peer-ca.crt',
  peerCert: 'peer.crt',
  peerKey: 'peer.key',
} as const;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const MS_PER_DAY = 86_400_000;
const LIFETIME_MS = 10 * 365 * MS_PER_DAY;
/** Clocks of hosts differ. */
const BACKDATE_MS = 3_600_000;
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** Members on one host reach each other on loopback too. */
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

const { serverAuth, clientAuth } = ExtendedKeyUsage;
const provider = webcrypto as unknown as Parameters<typeof X509CertificateGenerator.create>[1];

interface Authority {
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

interface Pair {
  readonly certificate: string;
  readonly key: string;
}

interface Subject {
  readonly name: string;
  readonly usages: ExtendedKeyUsage[];
  /** Addresses and names that it serves; none for a client. */
  readonly names?: readonly string[];
}

/**
 * Gives every member of one etcd cluster its certificates, and every manager the one it shows etcd. Clients and members have
 * authorities of their own, so that neither passes as the other. Nobody keeps the authorities' keys: what is made here is all that
 * they ever sign.
 */
export async function makeEtcdCertificates(hosts: readonly EtcdHost[]): Promise<void> {
  const [clients, peers] = await Promise.all([newAuthority('etcd clients'), newAuthority('etcd peers')]);
  const client = await issue(clients, { name: 'swarmctl-manager', usages: [clientAuth] });
  await Promise.all(
    hosts.map(async ({ name, address, folder }) => {
      const names = [...new Set([address, name, ...LOOPBACK])];
      const [server, peer] = await Promise.all([
        issue(clients, { name, usages: [serverAuth], names }),
        issue(peers, { name, usages: [serverAuth, clientAuth], names }),
      ]);
      writeFiles(folder, {
        clientCa: clients.certificate.toString('pem'),
        serverCert: server.certificate,
        serverKey: server.key,
        clientCert: client.certificate,
        clientKey: client.key,
        peerCa: peers.certificate.toString('pem'),
        peerCert: peer.certificate,
        peerKey: peer.key,
      });
    }),
  );
}

function writeFiles(folder: string, texts: Record<keyof typeof ETCD_FILES, string>): void {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  chmodSync(folder, FOLDER_MODE);
  for (const [kind, file] of Object.entries(ETCD_FILES) as [keyof typeof ETCD_FILES, string][])
    writeFileSync(join(folder, file), texts[kind], { mode: FILE_MODE });
}

async function newAuthority(name: string): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${name}`,
      ...validity(),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, provider),
        await AuthorityKeyIdentifierExtension.create(keys.publicKey, false, provider),
      ],
    },
    provider,
  );
  return { certificate, keys };
}

async function issue({ certificate: issuer, keys: issuerKeys }: Authority, { name, usages, names = [] }: Subject): Promise<Pair> {
  const keys = await newKeys();
  const alternatives = names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }));
  const certificate = await X509CertificateGenerator.create(
    {
      subject: `CN=${name}`,
      issuer: issuer.subject,
      ...validity(),
      publicKey: keys.publicKey,
      signingKey: issuerKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension(usages),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, provider),
        await AuthorityKeyIdentifierExtension.create(issuerKeys.publicKey, false, provider),
        ...(alternatives.length > 0 ? [new SubjectAlternativeNameExtension(alternatives)] : []),
      ],
    },
    provider,
  );
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  const key = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
  return { certificate: certificate.toString('pem'), key };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - BACKDATE_MS), notAfter: new Date(now + LIFETIME_MS) };
}
