import { badValue, type ValueKind } from '../flag';
import { splitPair, type Pair } from './text';

function isIpv4(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
}

function isIpv6(text: string): boolean {
  return /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`);
}

/** Whether the text is an IPv4 or IPv6 address. */
export function isAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

function parseAddress(text: string): string {
  if (!isAddress(text)) throw badValue(`'${text}' is not an IP address`);
  return text;
}

const DOMAIN_LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/i;

function parseSearchDomain(text: string): string {
  const labels = text.replace(/\.$/, '').split('.');
  // A dot alone means: search nowhere.
  if (text !== '.' && !labels.every((label) => DOMAIN_LABEL.test(label))) throw badValue(`'${text}' is not a domain name`);
  return text;
}

/**
 * Reads `host:address` or `host=address` into a line of a hosts file, `address host`. The word host-gateway stands for the
 * address of the node itself.
 * @throws DomainError INVALID_ARGUMENT
 */
export function parseHostEntry(text: string): string {
  const split = text.search(/[=:]/);
  const host = text.slice(0, Math.max(split, 0));
  if (host === '') throw badValue(`'${text}' is not of the form host:address`);
  const address = text.slice(split + 1).replace(/^\[(.*)\]$/, '$1');
  if (address !== 'host-gateway' && !isAddress(address)) throw badValue(`'${address}' is not an IP address`);
  return `${address} ${host}`;
}

/** A host of a hosts file that is to go, on one address or on all of them. */
export interface HostToRemove {
  readonly host: string;
  readonly address: string | undefined;
}

function parseHostToRemove(text: string): HostToRemove {
  if (!/[=:]/.test(text)) return { host: text, address: undefined };
  const [address = '', host = ''] = parseHostEntry(text).split(' ');
  return { host, address };
}

export const address: ValueKind<string> = { placeholder: 'ip', example: '1.1.1.1', parse: parseAddress };
export const searchDomain: ValueKind<string> = { placeholder: 'domain', example: 'example.com', parse: parseSearchDomain };
export const hostEntry: ValueKind<string> = { placeholder: 'host:ip', example: 'db:10.0.0.5', parse: parseHostEntry };
export const hostToRemove: ValueKind<HostToRemove> = { placeholder: 'host:ip', example: 'db', parse: parseHostToRemove };

/** One address. */
export const ipAddress: ValueKind<string> = { placeholder: 'address', example: '10.40.0.1', parse: parseAddress };

/** A network: an address and the length of its prefix. */
export const subnet: ValueKind<string> = { placeholder: 'subnet', example: '10.40.0.0/16', parse: parseSubnet };

function parseSubnet(text: string): string {
  const [address = '', prefix = '', ...more] = text.split('/');
  const longest = address.includes(':') ? 128 : 32;
  const isPrefix = /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest;
  if (!isAddress(address) || !isPrefix || more.length > 0) throw badValue(`'${text}' is not address/prefix`);
  return text;
}

/** `name=address`. */
export const namedAddress: ValueKind<Pair> = {
  placeholder: 'name=address',
  example: 'printer=10.40.0.9',
  parse: parseNamedAddress,
};

function parseNamedAddress(text: string): Pair {
  const [name, address] = splitPair(text);
  if (name === '') throw badValue(`'${text}' has no name before the equals sign`);
  return [name, parseAddress(address)];
}
