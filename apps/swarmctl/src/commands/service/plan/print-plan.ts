import type { ServiceSpec } from '#common/proto';
import { EXIT, type ExitCode } from '../../../exit-codes';
import type { FormatFlags } from '../../list-flags';
import type { Fetched } from '../../../manager-api';
import { renderPlan, type PlannedService } from '../../../render/plan';
import type { PlanAnswer } from '../../../service-answers';
import type { Tools } from '../../command';
import { nodeNames } from '../../node-names';
import { printJson, printLines } from '../../print';
import { printWarnings } from '../change-service';

/** What the help of both plans says of their end. */
export const PLAN_EXIT_HELP = `Nothing is changed. The exit code is ${EXIT.ok} when every task has a node to go to, and ${EXIT.wouldWait} when some would wait for one.`;

/** A service without a name gets one only when it is made. */
function toPlanned({ name, mode }: ServiceSpec): PlannedService {
  return { name: name || 'new service', isPerNode: mode?.global !== undefined || mode?.globalJob !== undefined };
}

/** Writes a plan, in the form that the flags ask for. @returns whether all its tasks have a node to go to */
export async function printPlan(
  { session, api }: Tools,
  { raw, object: plan }: Fetched<PlanAnswer>,
  spec: ServiceSpec,
  { format }: FormatFlags,
): Promise<ExitCode> {
  if (format === 'json') printJson(session.stdout, raw);
  else {
    printWarnings(session, plan.warnings);
    printLines(session.stdout, renderPlan(plan, toPlanned(spec), await nodeNames(api)));
  }
  return plan.summary.waiting > 0 ? EXIT.wouldWait : EXIT.ok;
}
