import { relative } from 'node:path';
import { toCanonical } from './canonical/canonical';
import { parseYaml, type MergeTag, type YamlDocument } from './documents/yaml-document';
import { interpolateTree } from './interpolation/interpolate-tree';
import type { Variables } from './interpolation/template';
import { Place, renderPath, type ValuePath } from './place';
import { readText, type TextReader } from './read-text';
import { requireValid } from './schema/validate';
import { isTree, type Tree } from './tree';

/** What is read besides the files themselves. */
export interface LoadContext {
  readonly reader: TextReader;
  /** Files are named relative to it in messages. */
  readonly cwd: string;
  /** Of the shell, and what is told of the project: they come before those of files. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Without it, variables stay as they are written. */
  readonly interpolate: boolean;
  /** Told of what is strange but can be used. */
  readonly warn: (message: string) => void;
}

/** One document of a file in its long form, not yet merged with others. */
export interface Layer {
  readonly tree: Tree;
  readonly place: Place;
  readonly locate: YamlDocument['locate'];
  readonly mergeTags: ReadonlyMap<string, MergeTag>;
}

/** Standard input, as a file. */
export const STDIN = '-';

/** A file as messages name it: relative to where the command was typed, when it lies below. */
export function nameOfFile(file: string, cwd: string): string {
  if (file === STDIN) return 'stdin';
  const path = relative(cwd, file);
  return path.startsWith('..') ? file : path;
}

/** Takes away what is marked with `!reset`: its value means nothing. */
function withoutResets(value: unknown, tags: ReadonlyMap<string, MergeTag>, path: ValuePath): unknown {
  if (Array.isArray(value)) return value.map((item, index) => withoutResets(item, tags, [...path, index]));
  if (!isTree(value)) return value;
  const kept = Object.entries(value).filter(([key]) => tags.get(renderPath([...path, key])) !== 'reset');
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutResets(item, tags, [...path, key])]));
}

/**
 * Reads a file and brings each of its documents into its long form; relative paths begin at `folder`.
 * @throws DomainError INVALID_ARGUMENT naming the file and the line
 */
export async function readLayers(
  { reader, cwd, interpolate }: LoadContext,
  { file, folder, variables }: { file: string; folder: string; variables: Variables },
): Promise<Layer[]> {
  const name = nameOfFile(file, cwd);
  const text = await readText(reader, file);
  return parseYaml(name, text).map(({ tree, locate, mergeTags }) => {
    const place = new Place((path) => locate(path).where);
    const filled = interpolate ? interpolateTree(tree, place, variables) : tree;
    const wanted = withoutResets(filled, mergeTags, []) as Tree;
    requireValid(wanted, place);
    return { tree: toCanonical(wanted, place, folder), place, locate, mergeTags };
  });
}
