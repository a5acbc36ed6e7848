import type { Place } from '../place';
import { isTree, mapTree, type Tree } from '../tree';
import { interpolate, type Variables } from './template';

function interpolateValue(value: unknown, place: Place, variables: Variables): unknown {
  if (typeof value === 'string') return place.read(value, (text) => interpolate(text, variables));
  if (Array.isArray(value)) return value.map((item, index) => interpolateValue(item, place.at(index), variables));
  return isTree(value) ? mapTree(value, (item, key) => interpolateValue(item, place.at(key), variables)) : value;
}

/** Puts values in place of variables in every text of a document; keys stay. @throws DomainError INVALID_ARGUMENT naming the place */
export function interpolateTree(tree: Tree, place: Place, variables: Variables): Tree {
  return mapTree(tree, (value, key) => interpolateValue(value, place.at(key), variables));
}
