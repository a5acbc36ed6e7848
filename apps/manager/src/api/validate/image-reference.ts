import { invalidSpec } from './api-errors';

const MAX_REPOSITORY_LENGTH = 255;

// The grammar of distribution references, a part at a time. No part lets one text match in two ways, so none is slow.
const DOMAIN =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[A-Fa-f0-9:]+\])(?::[0-9]+)?$/;
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const SHA256_DIGEST = /^sha256:[0-9a-f]{64}$/;
const IMAGE_ID = /^[0-9a-f]{64}$/;

/** @throws DomainError INVALID_ARGUMENT when the text does not name an image */
export function validateImage(image: string): void {
  if (image === '') throw invalidSpec('ContainerSpec: image reference must be provided');
  if (!isImageReference(image)) throw invalidSpec(`ContainerSpec: ${JSON.stringify(image)} is not a valid repository/tag`);
}

/** Whether the text is `[domain/]path[:tag][@digest]`. */
export function isImageReference(text: string): boolean {
  const [name, digest] = splitAt(text, text.indexOf('@'));
  const [repository, tag] = splitAt(name, tagColon(name));
  return isRepository(repository) && (tag === undefined || TAG.test(tag)) && (digest === undefined || isDigest(digest));
}

function isRepository(repository: string): boolean {
  if (repository.length > MAX_REPOSITORY_LENGTH || IMAGE_ID.test(repository)) return false;
  const components = repository.split('/');
  const [first = ''] = components;
  const hasDomain = components.length > 1 && (/[.:A-Z]/.test(first) || first === 'localhost');
  if (hasDomain && !DOMAIN.test(first)) return false;
  return components.slice(hasDomain ? 1 : 0).every((component) => PATH_COMPONENT.test(component));
}

function isDigest(digest: string): boolean {
  return digest.startsWith('sha256:') ? SHA256_DIGEST.test(digest) : DIGEST.test(digest);
}

/** A colon before the last slash belongs to the domain's port. */
function tagColon(name: string): number {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? colon : -1;
}

function splitAt(text: string, index: number): [before: string, after: string | undefined] {
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
