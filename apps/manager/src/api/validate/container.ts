import type { ContainerSpec, CredentialSpec } from '#common/proto';
import { validateCapabilities } from './capabilities';
import { validateHealthcheck } from './healthcheck';
import { validateImage } from './image-reference';
import { validateMounts } from './mounts';
import { validateProcess } from './process';
import { validateReferences } from './references';
import { invalidSpec, requireOneOf, unreadableSpec } from './api-errors';

const ISOLATIONS = ['default', 'process', 'hyperv'];
const HOST_GATEWAY = 'host-gateway';

const IPV4 = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;
const MAX_IPV4_BYTE = 255;
const IPV6_CHARACTERS = /^[0-9a-f:.]{2,45}$/i;

/** @throws DomainError INVALID_ARGUMENT */
export function validateContainer(container: ContainerSpec): void {
  validateImage(container.image);
  validateMounts(container.mounts);
  validateHealthcheck(container.healthcheck);
  validateReferences(container);
  validateCredentials(container.privileges?.credentialSpec);
  requireOneOf(container.isolation, ISOLATIONS, `invalid Isolation: ${JSON.stringify(container.isolation)}`);
  validateProcess(container);
  validateCapabilities(container);
  container.hosts.forEach(validateHost);
  container.dnsConfig?.nameservers.forEach(validateNameserver);
}

function validateHost(entry: string): void {
  const [address = '', ...names] = entry.trim().split(/\s+/);
  if (names.length === 0 || !(address === HOST_GATEWAY || isIpAddress(address))) {
    throw invalidSpec(
      `ContainerSpec: invalid entry '${entry}' in Hosts: it has the form "IP_address canonical_hostname [aliases...]"`,
    );
  }
}

function validateNameserver(address: string): void {
  if (!isIpAddress(address)) throw invalidSpec(`ContainerSpec: nameserver '${address}' is not an IP address`);
}

/** Newer clients fail on a whole list of services when one of them holds a malformed address. */
function isIpAddress(text: string): boolean {
  if (IPV4.test(text)) return text.split('.').every((byte) => Number(byte) <= MAX_IPV4_BYTE);
  return text.includes(':') && IPV6_CHARACTERS.test(text) && URL.canParse(`http://[${text}]`);
}

function validateCredentials(spec: CredentialSpec | undefined): void {
  if (!spec) return;
  const given = (['config', 'file', 'registry'] as const).filter((source) => spec[source] !== '');
  if (given.length === 0) {
    throw unreadableSpec('invalid CredentialSpec: must either provide "file", "registry", or "config" for credential spec');
  }
  if (given.length > 1) {
    throw unreadableSpec(`invalid CredentialSpec: cannot specify both "${given[0]}" and "${given[1]}" credential specs`);
  }
  if (spec.config !== '') throw invalidSpec(`config not found: ${spec.config}`);
}
