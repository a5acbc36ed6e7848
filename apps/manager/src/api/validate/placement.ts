import { constraintProblem } from '#common/domain';
import type { Placement } from '#common/proto';
import { invalidSpec } from './api-errors';

const SPREAD_DESCRIPTOR = /^(?:node|engine)\.labels\..+$/i;

/** @throws DomainError INVALID_ARGUMENT naming the expression, and the closest one that would be taken */
export function validatePlacement(placement: Placement | undefined): void {
  placement?.constraints.forEach(validateConstraint);
  placement?.preferences.forEach(({ spread }) => validatePreference(spread?.spreadDescriptor ?? ''));
}

function validateConstraint(text: string): void {
  const problem = constraintProblem(text);
  if (problem !== undefined) throw invalidSpec(problem);
}

function validatePreference(descriptor: string): void {
  if (!SPREAD_DESCRIPTOR.test(descriptor)) {
    throw invalidSpec(`placement preference '${descriptor}' is invalid: spread over node.labels.<name> or engine.labels.<name>`);
  }
}
