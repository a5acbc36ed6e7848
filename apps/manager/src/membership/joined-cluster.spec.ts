import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ticket } from '#common/dispatcher-proto';
import { JoinedClusters } from './joined-cluster';

const MANAGERS = ['10.0.0.1:2378'];

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
      ...{ etcd: ['http://10.0.0.1:2379'], etcdPrefix: '/swarmctl/', availability: 'drain' },
    });
  });

  it('is the node that its agent is, and which is to be let go', async () => {
    const host = await load();
    await host.join(ticket('c'), MANAGERS, '');
    await host.sawNode('n1');
    expect((await load()).joined?.nodeId).toBe('n1');
    const leaving = { nodeId: 'n1', managers: MANAGERS };
    await host.leave(leaving);
    expect(await load()).toMatchObject({ joined: undefined, left: ['c'], leaving });
    await host.isGone(leaving);
    expect((await load()).leaving).toBeUndefined();
  });

  it('is no longer a node to be let go, when its agent has come by itself', async () => {
    const host = await load();
    await host.join(ticket('c'), MANAGERS, '');
    await host.leave({ nodeId: 'n1', managers: MANAGERS });
    await host.sawNode('another');
    expect(host.leaving).toBeDefined();
    await host.sawNode('n1');
    expect((await load()).leaving).toBeUndefined();
  });

  it('are those that it has left, in their order, but for one that it has joined again', async () => {
    const host = await load();
    for (const id of ['c', 'd', 'e']) {
      await host.join(ticket(id), MANAGERS, '');
      await host.leave(undefined);
    }
    expect((await load()).left).toEqual(['c', 'd', 'e']);
    await host.join(ticket('d'), MANAGERS, '');
    expect((await load()).left).toEqual(['c', 'e']);
    await host.leave(undefined);
    expect((await load()).left).toEqual(['c', 'e', 'd']);
  });

  it('are not more than are of use', async () => {
    const host = await load();
    for (let i = 0; i < 20; i++) {
      await host.join(ticket(`c${i}`), MANAGERS, '');
      await host.leave(undefined);
    }
    expect((await load()).left).toHaveLength(16);
  });

  it('is what it was when it could not be written', async () => {
    const host = await load();
    await host.join(ticket('c'), MANAGERS, '');
    await rm(dataDir, { recursive: true });
    await expect(host.leave(undefined)).rejects.toThrow('ENOENT');
    expect(host.joined?.clusterId).toBe('c');
  });

  it('is asked for again when the file is damaged', async () => {
    await writeFile(join(dataDir, 'joined.json'), '{');
    await expect(load()).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  });
});
