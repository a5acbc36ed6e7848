import type { Logger } from '#common/logging';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EtcdCredentials } from '#common/dispatcher-proto';
import { DomainError, messageOf } from '#common/errors';
import { readIfPresent, writeDurably } from '#common/files';

/** Of a cluster that this host has joined: what its etcd is reached with. */
const JOINED_FILE = 'joined-etcd-credentials.json';

const FLAGS = { ca: '--etcd-ca-file', certificate: '--etcd-cert-file', key: '--etcd-key-file' } as const;
type Part = keyof typeof FLAGS;

/** Paths that the operator names; undefined where the flag is not given. */
export interface EtcdCredentialFiles {
  readonly etcdCaFile?: string;
  readonly etcdCertFile?: string;
  readonly etcdKeyFile?: string;
}

/**
 * Reads what etcd's members are told by, and what this manager shows them.
 * @param urls of the members
 * @returns undefined when no file is named
 * @throws DomainError INVALID_ARGUMENT naming the flag that is wrong or missing
 */
export function readEtcdCredentials(files: EtcdCredentialFiles, urls: readonly string[]): EtcdCredentials | undefined {
  const { etcdCaFile, etcdCertFile, etcdKeyFile } = files;
  if (etcdCaFile === undefined && etcdCertFile === undefined && etcdKeyFile === undefined) return undefined;
  const plain = urls.find((url) => !url.startsWith('https://'));
  if (plain !== undefined) throw invalid(`--etcd ${plain}: certificates are of use with https:// urls only`);
  if (etcdCaFile === undefined) throw invalid(`${FLAGS.ca} is missing: it says whose word on etcd's members counts`);
  const ca = readPart('ca', etcdCaFile);
  if (etcdCertFile === undefined && etcdKeyFile === undefined) return { ca, certificate: '', key: '' };
  if (etcdCertFile === undefined) throw invalid(`${FLAGS.certificate} is missing: ${FLAGS.key} belongs to a certificate`);
  if (etcdKeyFile === undefined) throw invalid(`${FLAGS.key} is missing: ${FLAGS.certificate} is of no use without its key`);
  const certificate = readPart('certificate', etcdCertFile);
  const key = readPart('key', etcdKeyFile);
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)))
    throw invalid(`${FLAGS.key} ${etcdKeyFile}: it is not the key of the certificate in ${FLAGS.certificate} ${etcdCertFile}`);
  return { ca, certificate, key };
}

/** Keeps what a cluster's etcd is reached with that is about to be joined. @throws errors of the file system */
export async function keepJoinedEtcdCredentials(dataDir: string, credentials: EtcdCredentials | undefined): Promise<void> {
  if (credentials === undefined) return removeJoinedEtcdCredentials(dataDir);
  await writeDurably(join(dataDir, JOINED_FILE), `${JSON.stringify(EtcdCredentials.toJSON(credentials))}\n`);
}

/** @returns undefined when the cluster's etcd asks for none  @throws DomainError FAILED_PRECONDITION · errors of the file system */
export async function loadJoinedEtcdCredentials(dataDir: string): Promise<EtcdCredentials | undefined> {
  const path = join(dataDir, JOINED_FILE);
  const text = await readIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return EtcdCredentials.fromJSON(JSON.parse(text));
  } catch {
    // What is wrong in detail is not told: the text holds a key.
    throw new DomainError('FAILED_PRECONDITION', `${path} is damaged: leave the cluster and join it again`);
  }
}

/** @throws errors of the file system */
export async function removeJoinedEtcdCredentials(dataDir: string): Promise<void> {
  await rm(join(dataDir, JOINED_FILE), { force: true });
}

function readPart(part: Part, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid(`${FLAGS[part]} ${path}: ${messageOf(cause)}`);
  }
  try {
    if (part === 'key') createPrivateKey(text);
    else new X509Certificate(text);
  } catch {
    throw invalid(`${FLAGS[part]} ${path}: it holds no ${part === 'key' ? 'private key' : 'certificate'} in PEM`);
  }
  return text;
}

function invalid(message: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', message);
}

/** @param urls of etcd's members */
export function warnOfOpenEtcd(urls: readonly string[], logger: Logger): void {
  const open = urls.filter((url) => !url.startsWith('https://'));
  if (open.length === 0) return;
  logger.warn(
    { etcd: open },
    'etcd is asked without certificates: whoever reaches it, a container or a user, is root on the cluster',
  );
}
