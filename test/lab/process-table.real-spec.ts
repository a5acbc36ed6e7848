import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { findLabProcesses, killProcessesOf } from './lab-processes';
import { isRunning } from './process-identity';
import { ProcessTable } from './process-table';

describe('keeping track of processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'swarmctl-processes-'));
  const traits = { marker: folder, cgroup: '/no-such-group' };
  const table = new ProcessTable(join(folder, 'records'), folder);
  const logFile = join(folder, 'log');
  const shell = (name: string, script: string) => table.spawn({ name, command: 'sh', args: ['-c', script], logFile });

  afterAll(async () => {
    await killProcessesOf(traits);
    rmSync(folder, { recursive: true });
  });

  it('finds a process again through its record alone', () => {
    const started = shell('sleeper', 'exec sleep 3600');
    expect(new ProcessTable(join(folder, 'records'), folder).running('sleeper')?.pid).toBe(started.pid);
  });

  it('ends a process in good order when it lets itself be ended', async () => {
    const process = shell('polite', 'trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done');
    await eventually(() => process.logTail().includes('ready'), { reason: 'the trap is set' });
    await process.stop();
    expect(process.isRunning()).toBe(false);
    expect(process.logTail()).toContain('bye');
  });

  it('kills a process that does not', async () => {
    const process = shell('stubborn', 'trap "" TERM; echo deaf; while :; do sleep 0.05; done');
    await eventually(() => process.logTail().includes('deaf'), { reason: 'the trap is set' });
    await process.stop(50);
    expect(process.isRunning()).toBe(false);
  });

  it('signals nobody else who got the same process id later', () => {
    const { pid } = shell('other', 'exec sleep 3600');
    expect(isRunning({ pid, startTime: 1 })).toBe(false);
  });

  it('says when a program cannot be executed', () => {
    expect(() => table.spawn({ name: 'none', command: '/does/not/exist', args: [], logFile })).toThrow(
      'none: /does/not/exist could not be started',
    );
  });

  it('kills everything it started, and what that started, whoever is its parent by now', async () => {
    shell('parent', 'sleep 3600 & setsid sleep 3600 &');
    await eventually(() => findLabProcesses(traits).length >= 2, { reason: 'the children run' });
    await killProcessesOf(traits);
    expect(findLabProcesses(traits)).toEqual([]);
  });
});
