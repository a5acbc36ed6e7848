// The package's own container of parts wants it.
import 'reflect-metadata';
import { createHash, webcrypto, X509Certificate as NodeCertificate } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const SUBJECT = 'CN=swarm-ca';
const MS_PER_DAY = 86_400_000;
/** SwarmKit ca/certificates.go: 20 years, and valid an hour before it was made. */
const LIFETIME_MS = 20 * 365 * MS_PER_DAY;
const BACKDATE_MS = 3_600_000;

/** A certificate that signs, and its key; PEM both. */
export interface RootCa {
  readonly certificate: string;
  readonly key: string;
}

/** What Docker's clients are told of a root certificate: it in PEM, the rest in base64 of DER. */
export interface CertificateInfo {
  readonly certificate: string;
  readonly subject: string;
  readonly publicKey: string;
}

/** Makes a new root certificate with a key of its own. */
export async function createRootCa(now: Date): Promise<RootCa> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: SUBJECT,
      notBefore: new Date(now.getTime() - BACKDATE_MS),
      notAfter: new Date(now.getTime() + LIFETIME_MS),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    },
    webcrypto as unknown as Parameters<typeof X509CertificateGenerator.createSelfSigned>[1],
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { certificate: `${certificate.toString('pem')}\n`, key: toPem('PRIVATE KEY', pkcs8) };
}

/** @param certificate PEM */
export function certificateInfo(certificate: string): CertificateInfo {
  const publicKey = new NodeCertificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  const subject = new X509Certificate(certificate).subjectName.toArrayBuffer();
  return { certificate, subject: Buffer.from(subject).toString('base64'), publicKey: publicKey.toString('base64') };
}

/** What a join token says of the root certificate, so that whoever joins knows the right one. @param certificate PEM */
export function certificateDigest(certificate: string): string {
  return createHash('sha256').update(certificate).digest('hex');
}

function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
