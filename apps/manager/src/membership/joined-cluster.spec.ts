import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ticket } from '#common/dispatcher-proto';
import { JoinedClusters, type Leaving } from './joined-cluster';

const MANAGERS = ['10.0.0.1:2378'];
const KEY = Buffer.from('key of n1');

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'joined-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const load = (): Promise<JoinedClusters> => JoinedClusters.load(dataDir);
const ticket = (clusterId: string, isManager = false): Ticket =>
  Ticket.fromPartial({ clusterId, isManager, etcd: isManager ? ['http://10.0.0.1:2379'] : [], etcdPrefix: '/swarmctl/' });

describe('what a host remembers of the clusters of others', () => {
  it('is nothing at first', async () => {
    expect(await load()).toMatchObject({ joined: undefined, left: [], leaving: undefined });
  });

  it('is the one that it has joined, and as what', async () => {
    await (await load()).join(ticket('c', true), MANAGERS, 'drain');
    expect((await load()).joined).toEqual({
      ...{ role: 'manager', clusterId: 'c', managers: MANAGERS },
      ...{ etcd: ['http://10.0.0.1:2379'], etcdPrefix: '/swarmctl/', availability: 'drain', leaveKey: expect.any(String) },
    });
  });

  it('is the node that its agent is, and which is to be let go', async () => {
    const host = await load();
    await host.join(ticket('c'), MANAGERS, '');
    await host.sawNode('n1', KEY);
    const { joined } = await load();
    expect(joined).toMatchObject({ nodeId: 'n1', nodeKey: KEY.toString('base64') });
    await host.leave('n1', MANAGERS);
    const { leaveKey } = joined ?? {};
    expect(await load()).toMatchObject({
      joined: undefined,
      left: ['c'],
      leaving: { nodeId: 'n1', leaveKey, managers: MANAGERS },
    });
    await host.isGone(host.leaving as Leaving);
    expect((await load()).leaving).toBeUndefined();
  });

  it('is no longer a node to be let go, when its agent has come by itself', async () => {
    const host = await load();
    await host.join(ticket('c'), MANAGERS, '');
    await host.sawNode('n1', KEY);
    await host.leave('n1', MANAGERS);
    await host.sawNode('another', KEY);
    await host.sawNode('n1', Buffer.from('another key'));
    await host.sawNode('n1', undefined);
    expect(host.leaving).toBeDefined();
    await host.sawNode('n1', KEY);
    expect((await load()).leaving).toBeUndefined();
  });

  it('is not another node that comes from the same host', async () => {
    const host = await load();
    await host.join(ticket('c'), MANAGERS, '');
    await host.sawNode('n1', KEY);
    await host.sawNode('n2', Buffer.from('another key'));
    await host.sawNode('n3', undefined);
    expect((await load()).joined?.nodeId).toBe('n1');
  });

  it('is a key to leave with, of which others hear the lock only, and a new one each time', async () => {
    const host = await load();
    expect(host.leaveLock).toBeUndefined();
    await host.join(ticket('c'), MANAGERS, '');
    const first = host.leaveLock;
    expect((await load()).leaveLock).toEqual(first);
    await host.leave(undefined, []);
    expect(host.leaveLock).toBeUndefined();
    await host.join(ticket('c'), MANAGERS, '');
    expect(host.leaveLock).not.toEqual(first);
  });

  it('has a key to leave with if it was joined by an earlier version', async () => {
    await writeFile(
      join(dataDir, 'joined.json'),
      JSON.stringify({ joined: { role: 'worker', clusterId: 'c', managers: MANAGERS, etcd: [], etcdPrefix: '' } }),
    );
    const lock = (await load()).leaveLock;
    expect(lock).toHaveLength(32);
    expect((await load()).leaveLock).toEqual(lock);
  });

  it('are those that it has left, in their order, but for one that it has joined again', async () => {
    const host = await load();
    for (const id of ['c', 'd', 'e']) {
      await host.join(ticket(id), MANAGERS, '');
      await host.leave(undefined, []);
    }
    expect((await load()).left).toEqual(['c', 'd', 'e']);
    await host.join(ticket('d'), MANAGERS, '');
    expect((await load()).left).toEqual(['c', 'e']);
    await host.leave(undefined, []);
    expect((await load()).left).toEqual(['c', 'e', 'd']);
  });

  it('are not more than are of use', async () => {
    const host = await load();
    for (let i = 0; i < 20; i++) {
      await host.join(ticket(`c${i}`), MANAGERS, '');
      await host.leave(undefined, []);
    }
    expect((await load()).left).toHaveLength(16);
  });

  it('is what it was when it could not be written', async () => {
    const host = await load();
    await host.join(ticket('c'), MANAGERS, '');
    await rm(dataDir, { recursive: true });
    await expect(host.leave(undefined, [])).rejects.toThrow('ENOENT');
    expect(host.joined?.clusterId).toBe('c');
  });

  it.each([
    '{',
    'null',
    '"x"',
    '{"joined":{}}',
    '{"joined":{"role":"boss","clusterId":"c","managers":[],"etcd":[],"etcdPrefix":"/"}}',
    '{"joined":{"role":"worker","clusterId":"c","managers":"m:1","etcd":[],"etcdPrefix":"/"}}',
    '{"left":"c"}',
    '{"leaving":{"nodeId":1,"managers":[]}}',
  ])('is asked for again when the file is damaged: %s', async (text) => {
    await writeFile(join(dataDir, 'joined.json'), text);
    await expect(load()).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  });
});
