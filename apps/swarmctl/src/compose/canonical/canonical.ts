import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Place } from '../place';
import { asTree, isTree, mapTree, type Tree } from '../tree';
import { serviceShape } from './service-shape';
import { fields, listOf, mapOf, nameValues, texts, truth, type Shape } from './shapes';

/** `external: {name: x}` is the old way to write `external: true` and `name: x`. */
const resource = (shapes: Readonly<Record<string, Shape>>): Shape => {
  const rest = fields({ driver_opts: nameValues, labels: nameValues, ...shapes });
  return (value, place) => {
    const { external, ...others } = asTree(value);
    if (external === undefined) return rest(others, place);
    if (!isTree(external)) return rest({ ...others, external: truth(external, place.at('external')) }, place);
    return rest({ name: external.name, ...others, external: true }, place);
  };
};

const pool = fields({ aux_addresses: nameValues });
const network = resource({
  ipam: fields({ config: listOf(pool), options: nameValues }),
  internal: truth,
  attachable: truth,
  enable_ipv4: truth,
  enable_ipv6: truth,
});

const include: Shape = (value, place) => {
  if (!isTree(value)) return { path: [String(value)] };
  return {
    ...value,
    path: texts(value.path, place),
    ...(value.env_file === undefined ? {} : { env_file: texts(value.env_file, place) }),
  };
};

const documentShape = fields({
  include: listOf(include),
  services: mapOf((value, place) => serviceShape(value ?? {}, place)),
  networks: mapOf(network),
  volumes: mapOf(resource({})),
  secrets: mapOf(resource({})),
  configs: mapOf(resource({})),
});

/** Turns paths of a document into absolute ones, so that they keep their meaning when documents are merged. */
class AbsolutePaths {
  constructor(private readonly folder: string) {}

  apply(document: Tree): Tree {
    return {
      ...document,
      ...this.change(document, 'services', (service) => this.service(service)),
      ...this.change(document, 'secrets', (secret) => this.withPath(secret, 'file')),
      ...this.change(document, 'configs', (config) => this.withPath(config, 'file')),
    };
  }

  private change(document: Tree, section: string, change: (value: Tree) => Tree): Tree {
    return document[section] === undefined
      ? {}
      : { [section]: mapTree(asTree(document[section]), (value) => change(asTree(value))) };
  }

  private service(service: Tree): Tree {
    return {
      ...service,
      ...this.list(service, 'env_file', (file) => this.withPath(asTree(file), 'path')),
      ...this.list(service, 'label_file', (file) => this.path(String(file))),
      ...this.list(service, 'volumes', (mount) =>
        asTree(mount).type === 'bind' ? this.withPath(asTree(mount), 'source') : mount,
      ),
      ...(isTree(service.extends) ? { extends: this.withPath(service.extends, 'file') } : {}),
    };
  }

  private list(service: Tree, key: string, change: (item: unknown) => unknown): Tree {
    const list = service[key];
    return Array.isArray(list) ? { [key]: list.map(change) } : {};
  }

  private withPath(tree: Tree, key: string): Tree {
    return typeof tree[key] === 'string' ? { ...tree, [key]: this.path(tree[key]) } : tree;
  }

  private path(given: string): string {
    return given === '~' || given.startsWith('~/') ? join(homedir(), given.slice(1)) : resolve(this.folder, given);
  }
}

/**
 * Brings a valid document into its long form: there is one way only to say each thing, and paths are absolute.
 * @throws DomainError INVALID_ARGUMENT naming the place
 */
export function toCanonical(document: Tree, place: Place, folder: string): Tree {
  return new AbsolutePaths(folder).apply(asTree(documentShape(document, place)));
}
