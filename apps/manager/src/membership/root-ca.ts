// The package's own container of parts wants it.
import 'reflect-metadata';
import { createHash, createPrivateKey, webcrypto, X509Certificate as NodeCertificate, type KeyObject } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { inSwarmKitsWords } from '#common/domain';
import { DomainError } from '#common/errors';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const SUBJECT = 'CN=swarm-ca';
const MS_PER_DAY = 86_400_000;
/** SwarmKit ca/certificates.go: 20 years, and valid an hour before it was made. */
const LIFETIME_MS = 20 * 365 * MS_PER_DAY;
const BACKDATE_MS = 3_600_000;
/** SwarmKit manager/controlapi/ca_rotation.go minRootExpiration. */
const MIN_LEFT_MS = 365 * MS_PER_DAY;

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const ENCRYPTED_KEY = /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

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
  return { certificate: toPem('CERTIFICATE', Buffer.from(certificate.rawData)), key: toPem('PRIVATE KEY', pkcs8) };
}

/**
 * A root certificate of somebody's own, with its key.
 * @param certificate PEM @param key PEM @throws DomainError INVALID_ARGUMENT what cannot be one
 */
export function givenRootCa(certificate: string, key: string, now: Date): RootCa {
  if (certificate === '') throw invalid('if a signing CA key is provided, the signing CA cert must also be provided');
  const [pem, ...others] = certificate.match(PEM_CERTIFICATE) ?? [];
  if (pem === undefined) throw invalid('SigningCACert holds no certificate in PEM');
  if (others.length > 0) throw invalid('the desired CA certificate cannot contain multiple certificates');
  const [parsed, privateKey] = [readCertificate(pem), readKey(key)];
  if (!isPairOf(parsed, privateKey)) throw invalid('certificate key mismatch');
  if (!parsed.ca) throw invalid('the desired CA certificate may not sign others: it has to have the basic constraint CA:TRUE');
  if (!parsed.verify(parsed.publicKey)) throw invalid('the desired CA certificate is not signed by itself');
  if (Date.parse(parsed.validTo) < now.getTime() + MIN_LEFT_MS) throw invalid('CA certificate expires too soon');
  if (Date.parse(parsed.validFrom) > now.getTime()) throw invalid('CA certificate is not valid yet');
  // Written anew: the same certificate has one text, whatever blanks and line ends it came with.
  const text = toPem('CERTIFICATE', parsed.raw);
  return { certificate: text, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** One that can be shown, too. */
function readCertificate(pem: string): NodeCertificate {
  try {
    const parsed = new NodeCertificate(pem);
    certificateInfo(toPem('CERTIFICATE', parsed.raw));
    return parsed;
  } catch {
    throw invalid('SigningCACert is no certificate that can be read');
  }
}

function isPairOf(certificate: NodeCertificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    // Keys of different kinds.
    return false;
  }
}

/** What is wrong with it in detail is not told: the text is a key. */
function readKey(pem: string): KeyObject {
  if (pem === '') throw invalid('SigningCAKey is missing: certificates cannot be signed by somebody else here');
  if (ENCRYPTED_KEY.test(pem)) throw invalid('malformed private key: it is encrypted; give it without a password');
  try {
    return createPrivateKey(pem);
  } catch {
    throw invalid('malformed private key: SigningCAKey has to be one in PEM');
  }
}

function invalid(message: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', inSwarmKitsWords('InvalidArgument', message));
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

/** PEM of what DER says. */
export function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
