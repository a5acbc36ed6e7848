import type { PayloadSpec } from '../commands/payload-kind';
import { invalidSpec } from './api-errors';

/** Docker's limits (SwarmKit api/validation/secrets.go, manager/controlapi/config.go): a value has fewer bytes than this. */
export const MAX_SECRET_BYTES = 500 * 1024;
export const MAX_CONFIG_BYTES = 1000 * 1024;

const NAME = /^[a-zA-Z0-9]+(?:[a-zA-Z0-9-_.]*[a-zA-Z0-9])?$/;
const MAX_NAME_LENGTH = 64;

/** @throws DomainError INVALID_ARGUMENT in Docker's words */
export function validatePayloadSpec(noun: 'secret' | 'config', maxBytes: number, spec: PayloadSpec): void {
  const { name, driver, templating, data } = spec;
  if (name === '') throw invalidSpec('name must be provided');
  if (name.length > MAX_NAME_LENGTH || !NAME.test(name)) {
    throw invalidSpec(
      'invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]',
    );
  }
  if (templating && templating.name !== 'golang') {
    throw invalidSpec(`Templating.Name '${templating.name}' is not known: the only template driver is golang`);
  }
  // What is given as data beside a driver is as good as nothing, as in Docker.
  if (driver) {
    if (driver.name === '') throw invalidSpec(`${noun} driver must have a name`);
    return;
  }
  if (data.length < 1 || data.length >= maxBytes) {
    throw invalidSpec(`${noun} data must be larger than 0 and less than ${maxBytes} bytes`);
  }
}
