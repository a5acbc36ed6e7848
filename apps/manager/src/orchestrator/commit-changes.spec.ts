import { TaskState } from '#common/domain';
import { DomainError } from '#common/errors';
import { RegistryCredentials, Service, Task, type SealedValue } from '#common/proto';
import type { Guard, Write } from '#common/store';
import { testVault } from '#common/testing';
import type { LeaderTerm } from '../leader/leader-term';
import { aService, aTask, NOW } from '../testing/builders';
import type { Change } from './change';
import { commitChanges, toTransactions } from './commit-changes';

const seal = (value: Buffer): SealedValue => testVault().seal(value, 'registry-credentials/web-id');

const create = (count: number, spec = {}): Change[] =>
  Array.from({ length: count }, (_, i) => ({ kind: 'createTask', task: aTask({ id: `t${i}`, service: aService({ spec }) }) }));

describe('the transactions of a plan', () => {
  it('write each task once, whatever happens to it in the plan', () => {
    const task = aTask({ id: 'a', nodeId: '', state: TaskState.pending, desired: TaskState.ready });
    const genericResources = [{ namedResourceSpec: { kind: 'gpu', value: 'g1' }, discreteResourceSpec: undefined }];
    const [transaction, ...more] = toTransactions(
      [
        { kind: 'setDesiredState', task, to: TaskState.running, reason: 'its turn has come' },
        { kind: 'assignTask', task, nodeId: 'n', genericResources },
      ],
      NOW,
      100,
    );
    expect(more).toEqual([]);
    expect(transaction?.writes).toHaveLength(1);
    const [write] = transaction?.writes ?? [];
    const stored = write?.kind === 'put' ? Task.decode(write.value) : undefined;
    expect(stored).toMatchObject({ nodeId: 'n', genericResources, desiredState: 'running', status: { state: 'assigned' } });
  });

  it('delete a task together with its status, even when the plan also changes it', () => {
    const task = aTask({ id: 'a' });
    const [transaction] = toTransactions(
      [
        { kind: 'deleteTask', taskId: 'a' },
        { kind: 'setDesiredState', task, to: TaskState.remove, reason: 'scaled down' },
      ],
      NOW,
      100,
    );
    expect(transaction?.writes).toEqual([
      { kind: 'delete', key: 'tasks/a' },
      { kind: 'delete', key: 'task-status/a' },
    ]);
  });

  it('hold no more writes than the store takes', () => {
    const transactions = toTransactions(create(300), NOW, 127);
    expect(transactions.map(({ writes }) => writes.length)).toEqual([127, 127, 46]);
  });

  it('hold no more bytes than the store takes, however few the tasks', () => {
    const large = { taskTemplate: { containerSpec: { env: ['X='.padEnd(400 * 1024, 'x')] } } };
    const transactions = toTransactions(create(5, large), NOW, 127);
    expect(transactions.map(({ writes }) => writes.length)).toEqual([2, 2, 1]);
  });

  it('roll a service back guarded by its version, with a revision of its own and the credentials of that spec', () => {
    const service = { ...aService({ version: 7 }), revision: 4, previousSpec: aService({ replicas: 9 }).spec };
    const credentials = { current: seal(Buffer.from('new')), previous: seal(Buffer.from('old')) };
    const [transaction] = toTransactions([{ kind: 'rollBack', service, message: 'because', credentials }], NOW, 127);
    expect(transaction?.guards).toEqual([{ key: 'services/web-id', modRevision: 7 }]);
    const value = (key: string): Uint8Array =>
      transaction?.writes.flatMap((write) => (write.kind === 'put' && write.key === key ? [write.value] : []))[0] ??
      new Uint8Array();
    expect(Service.decode(value('services/web-id'))).toMatchObject({
      previousSpec: undefined,
      spec: { mode: { replicated: { replicas: 9 } } },
      change: { kind: 'rollback', message: 'because' },
    });
    expect(RegistryCredentials.decode(value('registry-credentials/web-id'))).toEqual({
      current: credentials.previous,
      previous: undefined,
    });
  });

  it('leave a service without credentials when the spec that it goes back to had none', () => {
    const service = { ...aService({ version: 7 }), previousSpec: aService().spec };
    const credentials = { current: seal(Buffer.from('new')), previous: undefined };
    const [transaction] = toTransactions([{ kind: 'rollBack', service, message: 'because', credentials }], NOW, 127);
    expect(transaction?.writes).toContainEqual({ kind: 'delete', key: 'registry-credentials/web-id' });
  });
});

describe('while etcd is full', () => {
  /** A term whose puts are refused, as etcd does with its alarm NOSPACE raised. */
  function aFullTerm(): { term: LeaderTerm; made: Write[] } {
    const made: Write[] = [];
    const commit = (_: Guard[], writes: Write[]): Promise<number> => {
      if (writes.some(({ kind }) => kind === 'put')) return Promise.reject(new DomainError('RESOURCE_EXHAUSTED', 'full'));
      made.push(...writes);
      return Promise.resolve(1);
    };
    return { term: { maxWrites: 127, commit } as unknown as LeaderTerm, made };
  }

  it('tasks that are to be removed are deleted at once, and everything else is tried again later', async () => {
    const { term, made } = aFullTerm();
    const changes: Change[] = [
      ...create(200),
      { kind: 'setDesiredState', task: aTask({ id: 'kept' }), to: TaskState.shutdown, reason: 'updated' },
      { kind: 'setDesiredState', task: aTask({ id: 'removed' }), to: TaskState.remove, reason: 'service removed' },
      { kind: 'deleteTask', taskId: 'old' },
    ];
    await expect(commitChanges(term, changes, NOW)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    expect(made).toEqual(
      ['tasks/removed', 'task-status/removed', 'tasks/old', 'task-status/old'].map((key) => ({ kind: 'delete', key })),
    );
  });

  it('deletions alone are made as ever', async () => {
    const { term, made } = aFullTerm();
    expect(await commitChanges(term, [{ kind: 'deleteTask', taskId: 'old' }], NOW)).toEqual([2]);
    expect(made).toHaveLength(2);
  });
});
