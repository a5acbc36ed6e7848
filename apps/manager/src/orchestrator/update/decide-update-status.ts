import { UpdateStatus_State, type Service, type UpdateStatus } from '#common/proto';

/** How far a rolling update is: slots that still run an older spec, and slots whose new task is not running yet. */
export interface UpdateProgress {
  outdated: number;
  starting: number;
}

/** The status to record, or undefined when the recorded one is right. */
export function decideUpdateStatus(service: Service, progress: UpdateProgress, now: number): UpdateStatus | undefined {
  const timestamp = new Date(now).toISOString();
  const recorded = service.updateStatus;
  if (!recorded) {
    if (progress.outdated === 0) return undefined;
    return {
      state: UpdateStatus_State.updating,
      startedAt: timestamp,
      completedAt: '',
      message: 'update in progress',
      serviceVersion: service.version?.index ?? 0,
    };
  }
  const isDone = progress.outdated === 0 && progress.starting === 0;
  if (recorded.state !== UpdateStatus_State.updating || !isDone) return undefined;
  return { ...recorded, state: UpdateStatus_State.completed, completedAt: timestamp, message: 'update completed' };
}
