import type { NetworkAttachmentConfig } from '#common/proto';
import { badValue, type ValueKind } from '../flag';
import { parseFields, unknownKey, valueOf, type Field } from './csv';
import { splitPair } from './text';

// Docker's other keys (ip, ip6, mac-address, link-local-ip, gw-priority) are for single containers: a service cannot carry
// them, and docker silently drops them.
const KEYS = ['name', 'alias', 'driver-opt'];

function withDriverOption(network: NetworkAttachmentConfig, given: string): NetworkAttachmentConfig {
  const [name, value] = splitPair(given);
  if (name === '' || !given.includes('=')) throw badValue(`driver option '${given}' is not of the form name=value`);
  return { ...network, driverOpts: { ...network.driverOpts, [name]: value } };
}

function withField(network: NetworkAttachmentConfig, field: Field): NetworkAttachmentConfig {
  const value = valueOf(field);
  switch (field.key) {
    case 'name':
      return { ...network, target: value };
    case 'alias':
      return { ...network, aliases: [...network.aliases, value] };
    case 'driver-opt':
      return withDriverOption(network, value);
    default:
      throw unknownKey(field, KEYS);
  }
}

/**
 * Reads what is given to `--network`: a name, or `name=…,alias=…,driver-opt=key=value`. The target is the name as typed.
 * @throws DomainError INVALID_ARGUMENT
 */
export function parseNetwork(text: string): NetworkAttachmentConfig {
  const none: NetworkAttachmentConfig = { target: '', aliases: [], driverOpts: {} };
  const network = text.includes('=') ? parseFields(text).reduce(withField, none) : { ...none, target: text };
  if (network.target === '') throw badValue(`'${text}' does not name a network: name=NETWORK`);
  return network;
}

export const network: ValueKind<NetworkAttachmentConfig> = { placeholder: 'network', example: 'backend', parse: parseNetwork };
