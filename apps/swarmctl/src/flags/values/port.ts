import type { PortConfig } from '#common/proto';
import { badValue, type ValueKind } from '../flag';
import { parseFields, unknownKey, valueOf, type Field } from './csv';
import { parsePortNumber } from './numbers';
import { oneOf } from './text';

const protocols = oneOf('tcp', 'udp', 'sctp');
const modes = oneOf('ingress', 'host');
const KEYS = ['target', 'published', 'protocol', 'mode'];

function newPort(targetPort: number, publishedPort: number, protocol: string): PortConfig {
  return { name: '', protocol, targetPort, publishedPort, publishMode: 'ingress' };
}

/** Reads `80` or `80-82` into the ports that it names. */
function parseRange(text: string): number[] {
  const [first = '', last = first, ...rest] = text.split('-');
  if (rest.length > 0) throw badValue(`'${text}' is not a range of ports`);
  const from = parsePortNumber(first);
  const to = parsePortNumber(last);
  if (to < from) throw badValue(`'${text}' is a range that ends before it starts`);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** `[published:]target[/protocol]`, where either side may be a range. */
function parseShort(text: string): PortConfig[] {
  const [ports = '', protocolText = 'tcp', ...excess] = text.split('/');
  const protocol = protocols.parse(protocolText);
  const sides = ports.split(':');
  if (excess.length > 0) throw badValue(`'${text}' has more than one protocol`);
  if (sides.length > 2) throw badValue('a port cannot be published on one address: every node publishes it on all of its own');
  const targets = parseRange(sides.at(-1) ?? '');
  const publishedText = sides.length === 2 ? (sides[0] ?? '') : '';
  if (publishedText === '') return targets.map((target) => newPort(target, 0, protocol));
  const published = parseRange(publishedText);
  const only = targets.length === 1 ? targets[0] : undefined;
  if (only !== undefined) return published.map((port) => newPort(only, port, protocol));
  if (published.length !== targets.length) throw badValue(`the ranges in '${ports}' are not of the same length`);
  return targets.map((target, index) => newPort(target, published[index] ?? 0, protocol));
}

function withField(port: PortConfig, field: Field): PortConfig {
  const value = valueOf(field);
  switch (field.key) {
    case 'target':
      return { ...port, targetPort: parsePortNumber(value) };
    case 'published':
      return { ...port, publishedPort: parsePortNumber(value) };
    case 'protocol':
      return { ...port, protocol: protocols.parse(value) };
    case 'mode':
      return { ...port, publishMode: modes.parse(value) };
    default:
      throw unknownKey(field, KEYS);
  }
}

/** `target=80,published=8080,protocol=tcp,mode=ingress`; only the target is needed. */
function parseLong(text: string): PortConfig[] {
  const port = parseFields(text).reduce(withField, newPort(0, 0, 'tcp'));
  if (port.targetPort === 0) throw badValue(`'${text}' does not say which port of the container: target=80`);
  return [port];
}

/**
 * Reads what is given to `--publish`, in its short or its long form. A range gives several ports.
 * @throws DomainError INVALID_ARGUMENT
 */
export function parsePorts(text: string): PortConfig[] {
  return text.includes('=') ? parseLong(text) : parseShort(text);
}

export const ports: ValueKind<PortConfig[]> = { placeholder: 'port', example: '8080:80', parse: parsePorts };
