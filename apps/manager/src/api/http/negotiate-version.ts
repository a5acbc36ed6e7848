import { DomainError } from '#common/errors';

/** Newest version of the Docker Engine API that is spoken here; requests without a version get this one. */
export const API_VERSION = '1.41';
export const MIN_API_VERSION = '1.24';

const VERSIONED_PATH = /^\/v([0-9]+(?:\.[0-9]+)*)(\/.*)$/;

/** What an engine reads as a version (`/v{version:[0-9.]+}/`), while it is none to us. */
const BROKEN_VERSION = /^\/v[0-9.]+\//;

/**
 * Splits the version off a request's URL: `/v1.41/services?x` becomes `/services?x`. A path without a version stays as it is.
 * @throws DomainError INVALID_ARGUMENT when the version is not spoken here
 */
export function stripVersion(url: string): string {
  const [, version, rest] = VERSIONED_PATH.exec(url) ?? [];
  if (version === undefined || rest === undefined) {
    if (BROKEN_VERSION.test(url))
      throw unsupported('the version in the path of the request is no version: it has to be like v1.41');
    return url;
  }
  if (compareVersions(version, API_VERSION) > 0) {
    throw unsupported(`client version ${version} is too new. Maximum supported API version is ${API_VERSION}`);
  }
  if (compareVersions(version, MIN_API_VERSION) < 0) {
    const minimum = `Minimum supported API version is ${MIN_API_VERSION}`;
    throw unsupported(`client version ${version} is too old. ${minimum}, please upgrade your client to a newer version`);
  }
  return rest;
}

/** Whether the URL asks for an older version of the API than this one; without a version it asks for the newest. */
export function isVersionBefore(url: string, version: string): boolean {
  const [, asked] = VERSIONED_PATH.exec(url) ?? [];
  return asked !== undefined && compareVersions(asked, version) < 0;
}

function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = Number(left[i] ?? 0) - Number(right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function unsupported(message: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', message);
}
