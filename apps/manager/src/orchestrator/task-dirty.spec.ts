import { aNode, aService, aTask } from '../testing/builders';
import { isTaskDirty } from './task-dirty';

describe('a task of a job', () => {
  const mode = { replicatedJob: { maxConcurrent: 1, totalCompletions: 1 } };
  const job = (iteration: number): ReturnType<typeof aService> => aService({ iteration, version: iteration + 1, spec: { mode } });

  it('is outdated once the job is started anew, though the spec is the same', () => {
    expect(isTaskDirty(job(1), aTask({ service: job(0) }), aNode('a'))).toBe(true);
    expect(isTaskDirty(job(1), aTask({ service: job(1) }), aNode('a'))).toBe(false);
  });
});
