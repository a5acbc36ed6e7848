import type { ReplicatedJobMode, Service } from '#common/proto';
import type { Plan } from '../change';
import type { DecisionInputs, ServiceSnapshot } from '../service-snapshot';
import type { Place } from '../slots';
import { JobPass } from './job-pass';
import { byNumber, groupJobSlots, type JobSlot } from './job-slots';

/**
 * What a replicated job needs now: as many tasks as may run at a time, until each of its slots has completed once in the present
 * iteration. A task that waits for its restart delay takes one of these places. A slot whose restart policy is exhausted is given up.
 */
export function decideReplicatedJob(service: Service, snapshot: ServiceSnapshot, inputs: DecisionInputs): Plan {
  const { total, concurrent } = sizeOf(service.spec?.mode?.replicatedJob);
  const slots = groupJobSlots(service, snapshot.tasks, byNumber);
  const surplus = slots.filter((slot) => slot.number >= total);
  const kept = slots.filter((slot) => slot.number < total);
  const pass = new JobPass(service, snapshot, inputs);

  pass.removeSlots(surplus, 'scaled down');
  const states = new Map(kept.map((slot) => [slot, pass.tend(slot)]));
  const active = kept.filter((slot) => states.get(slot) === 'active').length;
  const isTaken = (slot: JobSlot): boolean => states.get(slot) !== 'vacant';
  for (const vacancy of vacancies(kept, isTaken, { total, count: concurrent - active })) {
    pass.start({ number: vacancy.number, nodeId: '' }, vacancy.attempts);
  }
  return pass.finish(kept);
}

/** A spec that is stored has both; what is missing all the same means "nothing to do". */
function sizeOf(job: ReplicatedJobMode | undefined): { total: number; concurrent: number } {
  return { total: job?.totalCompletions ?? 0, concurrent: job?.maxConcurrent ?? 0 };
}

type Vacancy = Pick<JobSlot, 'attempts'> & Pick<Place, 'number'>;

/** The lowest-numbered slots without a task, `count` at most. */
function vacancies(
  slots: readonly JobSlot[],
  isTaken: (slot: JobSlot) => boolean,
  { total, count }: { total: number; count: number },
): Vacancy[] {
  const byNumber = new Map(slots.map((slot) => [slot.number, slot]));
  const found: Vacancy[] = [];
  for (let number = 0; number < total && found.length < count; number++) {
    const slot = byNumber.get(number);
    if (!slot || !isTaken(slot)) found.push(slot ?? { number, attempts: [] });
  }
  return found;
}
