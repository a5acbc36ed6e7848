import { TaskState } from '#common/domain';
import { aTask, type TaskOptions } from '../testing/builders';
import { registryAuthFor } from './registry-auth-for';

const { assigned, preparing, ready, running, shutdown } = TaskState;

describe('credentials sent to a node', () => {
  it.each<{ name: string; task: TaskOptions; sent: boolean }>([
    { name: 'an assigned task', task: { state: assigned }, sent: true },
    { name: 'a task that is preparing', task: { state: preparing }, sent: true },
    { name: 'a task whose image is there', task: { state: ready }, sent: false },
    { name: 'a running task', task: { state: running }, sent: false },
    { name: 'a task that is to stop', task: { state: preparing, desired: shutdown }, sent: false },
  ])('with $name: $sent', ({ task, sent }) => {
    const auth = registryAuthFor([aTask(task)], () => 'secret');
    expect(auth?.byService['web-id']?.toString()).toBe(sent ? 'secret' : undefined);
  });

  it('are left out for a service without any', () => {
    expect(registryAuthFor([aTask({ state: assigned })], () => undefined)).toBeUndefined();
  });
});
