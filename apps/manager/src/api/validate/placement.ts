import type { Placement } from '#common/proto';
import { invalidSpec } from './refusal';

const OPERATORS = ['==', '!='] as const;
const KEY = /^[a-z_][a-z0-9\-_.]+$/i;
const VALUE = /^[a-z0-9:\-_\s.*()?+[\]\\^$|/]+$/i;
const SPREAD_DESCRIPTOR = /^(?:node|engine)\.labels\..+$/i;

/** @throws DomainError INVALID_ARGUMENT naming the expression */
export function validatePlacement(placement: Placement | undefined): void {
  placement?.constraints.forEach(validateConstraint);
  placement?.preferences.forEach(({ spread }) => validatePreference(spread?.spreadDescriptor ?? ''));
}

function validateConstraint(text: string): void {
  const operator = OPERATORS.find((candidate) => text.includes(candidate));
  if (!operator) throw invalidSpec(`constraint expected one operator from ${OPERATORS.join(', ')}, got '${text}'`);
  const at = text.indexOf(operator);
  const key = text.slice(0, at).trim();
  const value = text.slice(at + operator.length).trim();
  if (!KEY.test(key)) throw invalidSpec(`key '${key}' is invalid in constraint '${text}'`);
  if (!VALUE.test(value)) throw invalidSpec(`value '${value}' is invalid in constraint '${text}'`);
}

function validatePreference(descriptor: string): void {
  if (!SPREAD_DESCRIPTOR.test(descriptor)) {
    throw invalidSpec(`placement preference '${descriptor}' is invalid: spread over node.labels.<name> or engine.labels.<name>`);
  }
}
