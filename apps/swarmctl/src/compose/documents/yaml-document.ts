import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Node,
  type ScalarTag,
  type Tags,
  type YAMLMap,
} from 'yaml';
import { DomainError, messageOf } from '#common/errors';
import { renderPath, type ValuePath } from '../place';
import { isTree, type Tree } from '../tree';

/** What a tag makes of a value when files are merged: it is taken away, or takes the whole place of the one before. */
export type MergeTag = 'reset' | 'override';

/** Where a value is written, and how many steps of the way to it there are in the document. */
export interface Location {
  readonly where: string;
  readonly depth: number;
}

/** One YAML document of a compose file, as it is written. */
export interface YamlDocument {
  readonly tree: Tree;
  /** Finds a value, or the nearest one above it. */
  readonly locate: (path: ValuePath) => Location;
  /** By the path of the value, as `renderPath` gives it. */
  readonly mergeTags: ReadonlyMap<string, MergeTag>;
}

// Enough for any file made by people; against files made to fill the memory.
const MAX_ALIASES = 1000;

/** File modes are written as `0444`; YAML 1.1 takes that for octal, YAML 1.2 for decimal. */
const OCTAL: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  format: 'OCT',
  test: /^0[0-7]+$/,
  resolve: (text) => Number.parseInt(text, 8),
};

const MERGE_TAGS: ReadonlyMap<string, MergeTag> = new Map([
  ['!reset', 'reset'],
  ['!override', 'override'],
]);

const withOctal = (tags: Tags): Tags => [OCTAL, ...tags];

const OPTIONS = { merge: true, customTags: withOctal, logLevel: 'silent', prettyErrors: false } as const;

/** The node at a path, or the nearest one above it. A key stands for its value. */
function nearestNode(document: Document, path: ValuePath): { node: Node | undefined; depth: number } {
  let nearest = { node: document.contents as Node | undefined, depth: 0 };
  let value: unknown = document.contents;
  for (const [index, key] of path.entries()) {
    if (isAlias(value)) value = value.resolve(document);
    if (!isCollection(value)) break;
    const written = isMap(value) ? keyNode(value, key) : value.get(key, true);
    if (!isNode(written)) break;
    nearest = { node: written, depth: index + 1 };
    value = value.get(key, true);
  }
  return nearest;
}

function keyNode(map: YAMLMap, key: string | number): unknown {
  return map.items.find((item) => isScalar(item.key) && item.key.value === key)?.key;
}

/** The way to a node by the nodes above it. */
function pathOf(node: Node, ancestors: readonly unknown[]): ValuePath {
  return ancestors.flatMap((ancestor, index): (string | number)[] => {
    if (isPair(ancestor)) return isScalar(ancestor.key) ? [String(ancestor.key.value)] : [];
    return isSeq(ancestor) ? [ancestor.items.indexOf(ancestors[index + 1] ?? node)] : [];
  });
}

function findMergeTags(document: Document): ReadonlyMap<string, MergeTag> {
  const found = new Map<string, MergeTag>();
  visit(document, {
    Node: (_key, node, ancestors) => {
      const tag = isAlias(node) ? undefined : MERGE_TAGS.get(node.tag ?? '');
      if (tag !== undefined) found.set(renderPath(pathOf(node, ancestors)), tag);
    },
  });
  return found;
}

function toYamlDocument(document: Document, file: string, lines: LineCounter): YamlDocument {
  const lineOf = (offset: number): string => `${file}:${lines.linePos(offset).line}`;
  const [error] = document.errors;
  if (error) throw new DomainError('INVALID_ARGUMENT', `${lineOf(error.pos[0])}: ${error.message}`);
  const locate = (path: ValuePath): Location => {
    const { node, depth } = nearestNode(document, path);
    return { where: node?.range ? lineOf(node.range[0]) : file, depth };
  };
  const tree = readTree(document, file) ?? {};
  if (!isTree(tree)) throw new DomainError('INVALID_ARGUMENT', `${file}: is no map: a compose file has keys such as services`);
  return { tree, locate, mergeTags: findMergeTags(document) };
}

function readTree(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    throw new DomainError('INVALID_ARGUMENT', `${file}: ${messageOf(error)}`);
  }
}

/**
 * Reads the YAML documents of a file. YAML 1.2, with the merge keys and the octal numbers of 1.1 that compose files use.
 * @throws DomainError INVALID_ARGUMENT naming the file and the line
 */
export function parseYaml(file: string, text: string): YamlDocument[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { ...OPTIONS, lineCounter });
  return Array.isArray(documents) ? documents.map((document) => toYamlDocument(document, file, lineCounter)) : [];
}
