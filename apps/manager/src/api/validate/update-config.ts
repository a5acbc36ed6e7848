import type { UpdateConfig } from '#common/proto';
import { invalidSpec, requireOneOf } from './api-errors';

const FAILURE_ACTIONS = ['pause', 'continue', 'rollback'];
const ORDERS = ['stop-first', 'start-first'];

/** @throws DomainError INVALID_ARGUMENT; `flag` is what the settings are called on the command line */
export function validateUpdateConfig(config: UpdateConfig | undefined, flag: 'update' | 'rollback'): void {
  if (!config) return;
  const { failureAction, order = '', maxFailureRatio = 0 } = config;
  requireOneOf(failureAction, FAILURE_ACTIONS, `unrecognized update failure action ${failureAction}`);
  requireOneOf(order, ORDERS, `unrecognized update order ${order}`);
  if (config.delay < 0) throw invalidSpec(`TaskSpec: ${flag}-delay cannot be negative`);
  if (config.monitor < 0) throw invalidSpec(`TaskSpec: ${flag}-monitor cannot be negative`);
  if (maxFailureRatio < 0 || maxFailureRatio > 1) {
    throw invalidSpec(`TaskSpec: ${flag}-maxfailureratio cannot be less than 0 or bigger than 1`);
  }
}
