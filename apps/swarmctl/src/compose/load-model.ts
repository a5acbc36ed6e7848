import { dirname, resolve } from 'node:path';
import type { Location } from './documents/yaml-document';
import { Extender } from './extend';
import { parseEnvFile } from './interpolation/env-file';
import type { Variables } from './interpolation/template';
import { mergeDocuments } from './merge';
import { Place, type ValuePath } from './place';
import { nameOfFile, readLayers, type Layer, type LoadContext } from './read-layers';
import { readText } from './read-text';
import { asTree, type Tree } from './tree';

const SECTIONS = ['services', 'networks', 'volumes', 'secrets', 'configs'] as const;
/** Variables of a project beside its files. */
const ENV_FILE = '.env';

/** Files to read together. */
export interface Sources {
  readonly files: readonly string[];
  /** Relative paths in the files begin here. */
  readonly folder: string;
  /** Files with variables; `.env` in the folder, when it is there, unless told. */
  readonly envFiles?: readonly string[];
}

/** Everything that the files say, merged, in the long form, with what they include and extend. */
export interface Loaded {
  readonly tree: Tree;
  readonly place: Place;
  /** Variables as the files saw them. */
  readonly variables: Variables;
}

type Locate = (path: ValuePath) => Location;
type Values = ReadonlyMap<string, string | undefined>;

/** Files that are read for each other. */
interface Surrounding {
  /** Variables from files; they come before those of files that are included. */
  readonly values: Values;
  /** Files that lead here. */
  readonly chain: readonly string[];
}

class Loader {
  private readonly unset = new Set<string>();

  constructor(private readonly context: LoadContext) {}

  async load(sources: Sources, surrounding: Surrounding): Promise<Loaded & { locates: readonly Locate[] }> {
    const values = await this.readValues(sources, surrounding.values);
    const variables = this.variablesOver(values);
    const extender = new Extender(this.context, variables);
    let tree: Tree = {};
    const locates: Locate[] = [];
    for (const file of sources.files) {
      const chain = [...surrounding.chain, file];
      for (const layer of await readLayers(this.context, { file, folder: sources.folder, variables })) {
        const included = await this.include(layer, sources.folder, { values, chain });
        const services = await extender.extendAll(file, asTree(included.tree.services), asTree(tree.services), layer.place);
        tree = mergeDocuments(tree, { ...included.tree, services }, layer.mergeTags);
        locates.unshift(layer.locate, ...included.locates);
      }
    }
    return { tree, place: new Place(nearest(locates)), variables, locates };
  }

  /** A document with what it includes; both must not say different things of one name. */
  private async include(layer: Layer, folder: string, surrounding: Surrounding): Promise<{ tree: Tree; locates: Locate[] }> {
    const { include, ...own } = layer.tree;
    const locates: Locate[] = [];
    let tree: Tree = own;
    for (const [index, entry] of (Array.isArray(include) ? include : []).map(asTree).entries()) {
      const place = layer.place.at('include', index);
      const loaded = await this.load(this.sourcesOf(entry, folder, surrounding, place), surrounding);
      tree = withIncluded(tree, loaded.tree, place);
      locates.push(...loaded.locates);
    }
    return { tree, locates };
  }

  private sourcesOf(entry: Tree, folder: string, { chain }: Surrounding, place: Place): Sources {
    const files = (entry.path as string[]).map((path) => resolve(folder, path));
    const circle = files.find((file) => chain.includes(file));
    if (circle !== undefined) throw place.error(`leads back to ${nameOfFile(circle, this.context.cwd)}`);
    const { project_directory: directory, env_file: envFiles } = entry;
    return {
      files,
      folder: typeof directory === 'string' ? resolve(folder, directory) : dirname(files[0] ?? folder),
      ...(Array.isArray(envFiles) ? { envFiles: envFiles.map((path) => resolve(folder, String(path))) } : {}),
    };
  }

  private async readValues({ folder, envFiles }: Sources, outer: Values): Promise<Values> {
    const values = new Map(outer);
    const own = new Map<string, string | undefined>();
    const { reader, cwd } = this.context;
    const optional = envFiles ? [] : [resolve(folder, ENV_FILE)];
    for (const file of [...(envFiles ?? []), ...optional]) {
      const text = optional.includes(file) ? ((await reader.tryRead(file)) ?? '') : await readText(reader, file);
      const variables = this.variablesOver(new Map([...own, ...outer]));
      for (const [name, value] of parseEnvFile(nameOfFile(file, cwd), text, variables)) own.set(name, value);
    }
    for (const [name, value] of own) if (!values.has(name)) values.set(name, value);
    return values;
  }

  private variablesOver(values: Values): Variables {
    const { env, warn } = this.context;
    return {
      valueOf: (name) => env[name] ?? values.get(name),
      unset: (name) => {
        if (this.unset.has(name)) return;
        this.unset.add(name);
        warn(`the variable ${name} has no value and counts as empty`);
      },
    };
  }
}

/** The file that has most of the way to a value; of several, the last one read. */
function nearest(locates: readonly Locate[]): (path: ValuePath) => string {
  return (path) => {
    const found = locates.map((locate) => locate(path));
    const depth = Math.max(...found.map((location) => location.depth));
    return found.find((location) => location.depth === depth)?.where ?? 'compose';
  };
}

function withIncluded(tree: Tree, included: Tree, place: Place): Tree {
  const sections = SECTIONS.map((section) => {
    const own = asTree(tree[section]);
    const other = asTree(included[section]);
    const clash = Object.keys(other).find(
      (name) => own[name] !== undefined && JSON.stringify(own[name]) !== JSON.stringify(other[name]),
    );
    if (clash !== undefined) throw place.error(`brings ${section}.${clash}, which is something else here`);
    return [section, { ...other, ...own }];
  });
  return { ...tree, ...(Object.fromEntries(sections) as Tree) };
}

/**
 * Reads compose files, each over the ones before it, with all that they include and extend.
 * @throws DomainError INVALID_ARGUMENT naming the file and the line
 */
export async function loadModel(sources: Sources, context: LoadContext): Promise<Loaded> {
  const { tree, place, variables } = await new Loader(context).load(sources, { values: new Map(), chain: [] });
  return { tree, place, variables };
}
