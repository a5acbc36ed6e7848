import { DomainError } from '#common/errors';
import { readContexts, requireContext } from './contexts';

/** Where the manager listens when nothing else is said. */
export const DEFAULT_SOCKET = '/run/swarmctl/manager.sock';

/** Where to find the manager. */
export interface ManagerAddress {
  readonly target: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  /** As it was given. */
  readonly text: string;
  /** What decided for this address, to say so when nobody answers there. */
  readonly chosenBy: string;
}

const FORMS = 'unix:///path/to/socket or tcp://host:port';
const DEFAULT_CHOICE = 'the default, since neither --host nor SWARMCTL_HOST nor DOCKER_HOST is set, and no context is used';

function unusable(text: string, chosenBy: string, why: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', `cannot use the address '${text}' (${chosenBy}): ${why}; give ${FORMS}`);
}

const HOST_AND_PORT = /^[a-z]+:\/\/(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]?#\\]+)):(\d{1,5})\/?$/i;
const MAX_PORT = 65_535;

function parseTcp(text: string, chosenBy: string): ManagerAddress['target'] {
  const [, ipv6, host = ipv6, port] = HOST_AND_PORT.exec(text) ?? [];
  // An address without a port is the common slip; the manager has no well-known one.
  if (host === undefined || Number(port) > MAX_PORT)
    throw unusable(text, chosenBy, 'it needs a host and a port and nothing else');
  return { host, port: Number(port) };
}

function parseTarget(text: string, chosenBy: string): ManagerAddress['target'] {
  const scheme = /^([a-z]+):\/\//.exec(text)?.[1];
  switch (scheme) {
    case 'unix':
      if (!text.startsWith('unix:///')) throw unusable(text, chosenBy, 'the path of a socket starts with a slash');
      return { socketPath: text.slice('unix://'.length) };
    case 'tcp':
    case 'http':
      return parseTcp(text, chosenBy);
    case undefined:
      throw unusable(text, chosenBy, 'it does not say how to connect');
    default:
      throw unusable(text, chosenBy, `${scheme}:// is not supported`);
  }
}

/** What is said on the command line about the manager. */
export interface AddressFlags {
  readonly host?: string;
  readonly context?: string;
}

/**
 * Finds the manager: `--host`, else `--context`, else SWARMCTL_HOST, else DOCKER_HOST, else SWARMCTL_CONTEXT, else the context in use,
 * else the default socket. An empty variable is as good as none.
 * @throws DomainError INVALID_ARGUMENT for an address of another form, naming it and where it came from, or a context that is not there
 */
export function chooseAddress(
  { host, context }: AddressFlags,
  env: Readonly<Record<string, string | undefined>>,
): ManagerAddress {
  const [text, chosenBy] = choose({ host, context }, env);
  return { target: parseTarget(text, chosenBy), text, chosenBy };
}

function choose(
  { host, context }: AddressFlags,
  env: Readonly<Record<string, string | undefined>>,
): [text: string, chosenBy: string] {
  if (host !== undefined) return [host, 'from --host'];
  if (context !== undefined) return [requireContext(readContexts(env), context).host, `from --context ${context}`];
  if (env.SWARMCTL_HOST) return [env.SWARMCTL_HOST, 'from SWARMCTL_HOST'];
  if (env.DOCKER_HOST) return [env.DOCKER_HOST, 'from DOCKER_HOST'];
  const contexts = readContexts(env);
  const name = env.SWARMCTL_CONTEXT || contexts.current;
  if (name) return [requireContext(contexts, name).host, `from the context ${name}`];
  return [`unix://${DEFAULT_SOCKET}`, DEFAULT_CHOICE];
}
