/** An image as a registry knows it. */
export interface ImageName {
  /** host[:port] that is asked. */
  host: string;
  /** For example `library/busybox`. */
  repository: string;
  /** A digest, or else a tag. */
  reference: string;
}

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_HOST = 'registry-1.docker.io';

/** Completes what people leave out, as Docker does. @param image a valid reference, `[domain/]path[:tag][@digest]` */
export function parseImageName(image: string): ImageName {
  const at = image.indexOf('@');
  const name = at < 0 ? image : image.slice(0, at);
  const colon = name.lastIndexOf(':');
  const hasTag = colon > name.lastIndexOf('/');
  const tag = hasTag ? name.slice(colon + 1) : 'latest';
  const [domain, path] = splitDomain(hasTag ? name.slice(0, colon) : name);
  const isHub = domain === DOCKER_HUB || domain === `index.${DOCKER_HUB}`;
  return {
    host: isHub ? DOCKER_HUB_HOST : domain,
    repository: isHub && !path.includes('/') ? `library/${path}` : path,
    reference: at < 0 ? tag : image.slice(at + 1),
  };
}

/** The first part is a registry when it cannot be a user of Docker Hub. */
function splitDomain(name: string): [domain: string, path: string] {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isDomain = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  return isDomain ? [first, name.slice(slash + 1)] : [DOCKER_HUB, name];
}
