const DEFAULT_DOMAIN = 'docker.io';
const OFFICIAL = 'library/';
const DEFAULT_TAG = 'latest';

const PATH = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/;
const DOMAIN = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[a-fA-F0-9:]+\])(?::\d+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/;

/** A name of an image, taken apart; the domain of Docker Hub and its `library/` are written out. */
export interface ImageReference {
  readonly domain: string;
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Splits `text` at the last `mark`, provided that `isTail` takes what follows it. */
function splitTail(text: string, mark: string, isTail: (tail: string) => boolean): [head: string, tail: string | undefined] {
  const at = text.lastIndexOf(mark);
  const tail = at < 0 ? undefined : text.slice(at + 1);
  return tail !== undefined && isTail(tail) ? [text.slice(0, at), tail] : [text, undefined];
}

/** The first part is a registry when it cannot be a user of Docker Hub. */
function splitDomain(name: string): [domain: string, path: string] {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isDomain = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const [domain, path] = isDomain ? [first, name.slice(slash + 1)] : [DEFAULT_DOMAIN, name];
  return [domain === `index.${DEFAULT_DOMAIN}` ? DEFAULT_DOMAIN : domain, path];
}

/** Undefined when the text does not name an image. */
export function parseImage(text: string): ImageReference | undefined {
  const [rest, digest] = splitTail(text, '@', (tail) => DIGEST.test(tail));
  const [name, tag] = splitTail(rest, ':', (tail) => TAG.test(tail));
  const [domain, path] = splitDomain(name);
  const isImageId = /^[a-f0-9]{64}$/.test(text);
  if (!DOMAIN.test(domain) || !PATH.test(path) || isImageId) return undefined;
  const isOfficial = domain === DEFAULT_DOMAIN && !path.includes('/');
  return { domain, path: isOfficial ? `${OFFICIAL}${path}` : path, tag, digest };
}

/** Docker Hub and its official images go without saying. */
function familiarName({ domain, path }: ImageReference): string {
  if (domain !== DEFAULT_DOMAIN) return `${domain}/${path}`;
  const short = path.startsWith(OFFICIAL) ? path.slice(OFFICIAL.length) : path;
  return short.includes('/') ? path : short;
}

/** The name as people write it. */
function writtenImage(image: ImageReference): string {
  const tag = image.tag === undefined ? '' : `:${image.tag}`;
  const digest = image.digest === undefined ? '' : `@${image.digest}`;
  return `${familiarName(image)}${tag}${digest}`;
}

/** The image, with its tag, pinned to a digest; one that has a digest already, or is no valid reference, is left as it is. */
export function pinnedImage(text: string, digest: string): string {
  const image = parseImage(taggedImage(text));
  return image && image.digest === undefined ? writtenImage({ ...image, digest }) : text;
}

/** The image's short name with a tag or a digest. A text that is no valid reference is left to the manager as it is. */
export function taggedImage(text: string): string {
  const image = parseImage(text);
  if (!image) return text;
  return writtenImage(image.tag === undefined && image.digest === undefined ? { ...image, tag: DEFAULT_TAG } : image);
}

/** The registry that holds the image, by the name under which credentials for it are kept. */
export function registryOf(text: string): string {
  const domain = parseImage(text)?.domain ?? DEFAULT_DOMAIN;
  return domain === DEFAULT_DOMAIN ? 'https://index.docker.io/v1/' : domain;
}
