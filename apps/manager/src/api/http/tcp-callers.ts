import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { DomainError } from '#common/errors';
import type { ListenAddress } from './listen-address';

/** host, host:port, [IPv6], [IPv6]:port. */
const HOST = /^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}))(?::(\d{1,5}))?$/;
const ORIGIN = /^(?:[a-z][a-z0-9+.-]*:\/\/[^/\s,]+|null)$/;
const IPV4_IN_IPV6 = /^::ffff:(?=\d+\.)/i;
const LOCAL = ['localhost', '127.0.0.1', '[::1]'];

/** Who else may call over TCP, as the operator says. */
export interface CallerRules {
  /** host or host:port that requests may name besides this manager's own addresses and names. */
  readonly hosts: readonly string[];
  /** Origins of web pages whose requests are let in, as browsers name them: https://ui.example.com. */
  readonly origins: readonly string[];
}

export const NO_OTHER_CALLERS: CallerRules = { hosts: [], origins: [] };

/**
 * Refuses what a web page has a browser send. A page whose name was made to lead here (DNS rebinding) names another host than this one; a
 * page of another site (CSRF) names its origin.
 */
export class TcpCallers {
  private readonly hosts: ReadonlySet<string>;
  private readonly origins: ReadonlySet<string>;

  constructor(listening: Extract<ListenAddress, { kind: 'tcp' }>, { hosts, origins }: CallerRules) {
    const own = [bracketed(listening.host), hostname(), ...LOCAL];
    this.hosts = new Set([...own, ...hosts].map(spelled));
    this.origins = new Set(origins);
  }

  /** Why a request is refused; undefined when it is not. */
  refusalOf({ rawHeaders, headers, socket }: IncomingMessage): DomainError | undefined {
    const { host, origin } = headers;
    if (origin !== undefined && !this.origins.has(origin)) {
      const remedy = "add it to the manager's --allowed-origin if its pages may control this cluster";
      return new DomainError('PERMISSION_DENIED', `requests of web pages from ${shown(origin)} are refused: ${remedy}`);
    }
    if (host === undefined || namesOf(rawHeaders, 'host') > 1)
      return new DomainError('INVALID_ARGUMENT', 'a request over TCP has to have one Host header');
    if (this.isOwn(host, socket.localAddress)) return undefined;
    const remedy = "add it to the manager's --allowed-host if it leads here";
    return new DomainError(
      'PERMISSION_DENIED',
      `the Host header names ${shown(host)}, which is none of this manager's: ${remedy}`,
    );
  }

  private isOwn(host: string, localAddress: string | undefined): boolean {
    if (this.hosts.has(host)) return true;
    const name = HOST.exec(host)?.[1];
    if (name === undefined) return false;
    // Listening on all of this host's addresses, the one that was called is one of them.
    const called = localAddress === undefined ? undefined : spelled(bracketed(localAddress.replace(IPV4_IN_IPV6, '')));
    return [spelled(host), spelled(name)].some((one) => one === called || this.hosts.has(one));
  }
}

/** @throws DomainError INVALID_ARGUMENT it is neither host nor host:port */
export function requireHost(text: string): string {
  if (HOST.test(text)) return text;
  throw new DomainError('INVALID_ARGUMENT', `'${text}' is no host: want name, name:port, or an IPv6 address in brackets`);
}

/** @throws DomainError INVALID_ARGUMENT it is no origin */
export function requireOrigin(text: string): string {
  if (ORIGIN.test(text)) return text;
  throw new DomainError('INVALID_ARGUMENT', `'${text}' is no origin: want scheme://host[:port] without a path`);
}

/** One spelling of a name or address, with its port if it has one. */
function spelled(host: string): string {
  const [, name = host, port] = HOST.exec(host) ?? [];
  const lower = name.toLowerCase().replace(/\.$/, '');
  const url = `http://${lower}`;
  const one = lower.startsWith('[') && URL.canParse(url) ? new URL(url).hostname : lower;
  return port === undefined ? one : `${one}:${Number(port)}`;
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function namesOf(rawHeaders: readonly string[], name: string): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
}

const MOST_SHOWN = 100;

function shown(text: string): string {
  return JSON.stringify(text.slice(0, MOST_SHOWN));
}
