import { DomainError } from '../errors';
import { createLogger } from '../logging';
import { BaseFilter, type BaseNeeds } from './base-filter';
import type { HostCommands, HostTool } from './host-commands';

const NEEDS: BaseNeeds = {
  places: [{ host: '10.0.0.9', port: 2379, isOpenToUsers: false, isGuarded: false }],
  hosts: [],
  hostPorts: [],
};

/** In place of a kernel, which a unit test has no right to change: remembers one table, and can refuse or lose it. */
class FakeKernel implements HostCommands {
  table: string | undefined;
  refusal = '';
  interfaces: object[] = [];
  scripts = 0;

  run(tool: HostTool, args: readonly string[], input = ''): Promise<string> {
    if (this.refusal !== '') return Promise.reject(new DomainError('UNAVAILABLE', this.refusal));
    if (tool === 'ip') return Promise.resolve(JSON.stringify(this.interfaces));
    // The other program has no table here.
    if (input.startsWith('add element')) return Promise.reject(new DomainError('UNAVAILABLE', 'No such file or directory'));
    if (args[0] === '-f') {
      this.scripts++;
      this.table = input.endsWith('}\n') ? input : undefined;
      return Promise.resolve('');
    }
    if (args[0] === 'list' && this.table !== undefined) return Promise.resolve(this.table);
    return Promise.reject(new DomainError('UNAVAILABLE', 'No such file or directory'));
  }

  setParameter(): Promise<void> {
    return Promise.resolve();
  }
}

describe('base rules on a host', () => {
  let kernel: FakeKernel;
  let filter: BaseFilter;
  let events: string[];
  beforeEach(() => {
    kernel = new FakeKernel();
    events = [];
    const logger = createLogger('test', 'silent');
    filter = new BaseFilter({ program: 'agent', announced: [], users: [0], commands: kernel, logger });
    filter.listen({ restored: () => events.push('restored'), problemChanged: () => events.push(filter.problem) });
  });

  it('are there after the first call, and gone after the last', async () => {
    await filter.install(NEEDS);
    expect(kernel.table).toContain('10.0.0.9 . 2379');
    await filter.remove();
    expect(kernel.table).toBeUndefined();
    await filter.update({ ...NEEDS, hostPorts: [9100] });
    expect(kernel.table).toBeUndefined();
  });

  it('are not given again while nothing has changed', async () => {
    await filter.install(NEEDS);
    await filter.update({ ...NEEDS });
    await filter.update({ ...NEEDS, places: [...NEEDS.places, ...NEEDS.places] });
    expect(kernel.scripts).toBe(1);
  });

  it.each([
    { what: 'removed', by: (): void => void (kernel.table = undefined) },
    { what: 'altered', by: (): void => void (kernel.table += 'chain more { }') },
  ])('come back when somebody has $what them', async ({ by }) => {
    await filter.install(NEEDS);
    const before = kernel.table;
    by();
    await filter.update({ ...NEEDS, hosts: [], hostPorts: [], places: [...NEEDS.places, ...NEEDS.places] });
    expect(kernel.table).toContain('10.0.0.9 . 2379');
    expect(kernel.table?.length).toBe(before?.length);
    expect(events).toEqual(['restored']);
  });

  describe('are noticed', () => {
    const again = { ...NEEDS, places: [...NEEDS.places, ...NEEDS.places] };
    // Its address stands in no rule: it has none of its own.
    const bridge = { ifindex: 5, ifname: 'br0', linkinfo: { info_kind: 'bridge' }, addr_info: [] };

    it.each([
      { what: 'removed', by: (): void => void (kernel.table = undefined) },
      { what: 'altered', by: (): void => void (kernel.table += 'chain more { }') },
    ])('to be $what also after interfaces have changed that no rule names', async ({ by }) => {
      await filter.install(NEEDS);
      kernel.interfaces = [bridge];
      await filter.update(again);
      expect(kernel.scripts).toBe(1);
      by();
      await filter.update(NEEDS);
      expect(events).toEqual(['restored']);
    });

    it('to be removed while interfaces change', async () => {
      await filter.install(NEEDS);
      kernel.interfaces = [bridge];
      kernel.table = undefined;
      await filter.update(again);
      expect(events).toEqual(['restored']);
    });
  });

  it('that the host refuses are said to be missing, and are made once it takes them', async () => {
    kernel.refusal = 'nft cannot be run: spawn nft ENOENT';
    await filter.install(NEEDS);
    expect(filter.problem).toBe(kernel.refusal);
    kernel.refusal = '';
    await filter.update({ ...NEEDS, hostPorts: [9100] });
    expect(filter.problem).toBe('');
    expect(kernel.table).toContain('9100');
    expect(events).toEqual(['nft cannot be run: spawn nft ENOENT', '']);
  });
});
