// The package's own container of parts wants it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { BasicConstraintsExtension, X509CertificateGenerator } from '@peculiar/x509';
import { toPem, type RootCa } from '../root-ca';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const MS_PER_DAY = 86_400_000;

type Crypto = Parameters<typeof X509CertificateGenerator.create>[1];

export interface RootCaWishes {
  /** Whether it may sign others. */
  readonly ca?: boolean;
  /** How long it is valid. */
  readonly days?: number;
  /** Whether it is signed by another key than its own. */
  readonly isSignedByAnother?: boolean;
}

/** A certificate as somebody might bring one along, good unless told otherwise. */
export async function testRootCa({ ca = true, days = 1_000, isSignedByAnother = false }: RootCaWishes = {}): Promise<RootCa> {
  const keys = await newKeys();
  const signer = isSignedByAnother ? await newKeys() : keys;
  const certificate = await X509CertificateGenerator.create(
    {
      subject: 'CN=mine',
      issuer: 'CN=mine',
      notBefore: new Date(Date.now() - MS_PER_DAY),
      notAfter: new Date(Date.now() + days * MS_PER_DAY),
      publicKey: keys.publicKey,
      signingKey: signer.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [new BasicConstraintsExtension(ca, undefined, true)],
    },
    webcrypto as unknown as Crypto,
  );
  const key = toPem('PRIVATE KEY', Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)));
  return { certificate: toPem('CERTIFICATE', Buffer.from(certificate.rawData)), key };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}
