import { dirname } from 'node:path';
import type { Variables } from './interpolation/template';
import { mergeDocuments } from './merge';
import type { Place } from './place';
import { readLayers, type LoadContext } from './read-layers';
import { asTree, isTree, type Tree } from './tree';

/** Where a service is looked for: in a document, else in those before it. */
interface Scope {
  readonly file: string;
  readonly services: Tree;
  readonly before: Tree;
  readonly place: Place;
}

/** Services get what those that they extend have. */
export class Extender {
  private readonly scopes = new Map<string, Scope>();

  constructor(
    private readonly context: LoadContext,
    private readonly variables: Variables,
  ) {}

  /** The services of a document with all that they extend; `before` are those of the documents before it. */
  async extendAll(file: string, services: Tree, before: Tree, place: Place): Promise<Tree> {
    const extended: Record<string, unknown> = {};
    for (const name of Object.keys(services)) extended[name] = await this.extend({ file, services, before, place }, name, []);
    return extended;
  }

  private async extend(scope: Scope, name: string, chain: readonly string[]): Promise<Tree> {
    const { extends: base, ...own } = asTree(scope.services[name] ?? scope.before[name]);
    if (!isTree(base)) return own;
    const place = scope.place.at('services', name, 'extends');
    const link = `${scope.file} ${name}`;
    if (chain.includes(link)) throw place.error('leads back to itself');
    const other = typeof base.file === 'string' ? await this.scopeOf(base.file, place) : scope;
    const baseName = String(base.service);
    if (other.services[baseName] === undefined && other.before[baseName] === undefined) {
      throw place.error(
        `names the service ${baseName}, which ${other === scope ? 'is not there' : `${String(base.file)} does not have`}`,
      );
    }
    return mergedService(await this.extend(other, baseName, [...chain, link]), own);
  }

  /** The services of another file, whose relative paths begin at its own folder. */
  private async scopeOf(file: string, place: Place): Promise<Scope> {
    const known = this.scopes.get(file);
    if (known) return known;
    if ((await this.context.reader.tryRead(file)) === undefined) throw place.error(`names the file ${file}, which is not there`);
    const layers = await readLayers(this.context, { file, folder: dirname(file), variables: this.variables });
    const services = layers.reduce((merged, layer) => mergeDocuments(merged, layer.tree, layer.mergeTags), {} as Tree).services;
    const scope = { file, services: asTree(services), before: {}, place: layers[0]?.place ?? place };
    this.scopes.set(file, scope);
    return scope;
  }
}

/** As if both were in files of their own. */
function mergedService(base: Tree, own: Tree): Tree {
  const inFile = (service: Tree): Tree => ({ services: { one: service } });
  return asTree(asTree(mergeDocuments(inFile(base), inFile(own)).services).one);
}
