import { parseRegistryAuth, type RegistryAuth } from '#common/domain';
import { DomainError } from '#common/errors';

const HEADER = 'x-registry-auth';
/** Tokens of cloud registries take a few KiB; nodes are sent one for each service. */
const MAX_BYTES = 64 * 1024;

/** The login that a request brings; undefined when it says nothing about it. @throws DomainError TOO_LARGE */
export function registryAuthOf(headers: Readonly<Record<string, string | string[] | undefined>>): RegistryAuth | undefined {
  const header = headers[HEADER];
  if (typeof header !== 'string' || header === '') return undefined;
  if (header.length > MAX_BYTES) throw new DomainError('TOO_LARGE', `X-Registry-Auth is larger than ${MAX_BYTES} bytes`);
  return parseRegistryAuth(header);
}
