import { invalidSpec } from './api-errors';

const MAX_LENGTH = 63;
const DNS_NAME_COMPONENT = /^[A-Za-z0-9](?:[-_A-Za-z0-9]*[A-Za-z0-9])?$/;

/** @throws DomainError INVALID_ARGUMENT */
export function validateServiceName(name: string): void {
  if (name === '') throw invalidSpec('name must be provided');
  if (name.length > MAX_LENGTH) throw invalidSpec(`name must be ${MAX_LENGTH} characters or fewer`);
  if (!DNS_NAME_COMPONENT.test(name)) throw invalidSpec('name must be valid as a DNS name component');
}
