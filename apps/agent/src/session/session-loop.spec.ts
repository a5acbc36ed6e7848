import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { DispatcherService, type AgentMessage, type ManagerMessage } from '#common/dispatcher-proto';
import { createLogger } from '#common/logging';
import { aParty } from '../testing/a-party';
import { ManagerPicker } from './manager-picker';
import { SessionLoop } from './session-loop';

describe('the sessions of an agent', () => {
  const server = new Server();
  let address = '';
  let hellos = 0;
  /** What becomes of each hello; what comes after the last of these is the same again. */
  let answers: ManagerMessage[] = [];

  beforeAll(async () => {
    server.addService(DispatcherService, {
      session: (stream: ServerDuplexStream<AgentMessage, ManagerMessage>) => {
        stream.on('error', () => undefined);
        stream.on('data', ({ hello }: AgentMessage) => {
          if (!hello) return;
          const answer = answers[Math.min(hellos, answers.length - 1)];
          hellos++;
          if (answer) stream.write(answer);
          stream.end();
        });
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    address = `127.0.0.1:${port}`;
  });
  afterAll(() => server.forceShutdown());

  it('are tried again and again until a manager says that the node was removed', async () => {
    const welcome = { sessionId: 's', clusterId: 'c', heartbeatPeriodMs: 60_000, managerAddresses: [], endedClusterIds: [] };
    answers = [{ welcome }, { welcome }, { removed: { clusterId: 'c', clusterEnded: false, endedClusterIds: [] } }];
    const removedFrom: string[] = [];
    const loop = loopOver(new ManagerPicker([address]), removedFrom);
    await loop.run(new AbortController().signal);
    expect(hellos).toBe(3);
    expect(removedFrom).toEqual(['c']);
    expect(loop).toMatchObject({ isRemoved: true, manager: undefined });
  });

  it('go on with the managers that one of them names, until the cluster has ended', async () => {
    const elsewhere = '127.0.0.1:1';
    hellos = 0;
    answers = [
      { redirect: { managerAddresses: [elsewhere], endedClusterIds: [], availability: '' } },
      { removed: { clusterId: 'c', clusterEnded: true, endedClusterIds: [] } },
      { removed: { clusterId: 'd', clusterEnded: false, endedClusterIds: [] } },
    ];
    const tried: string[] = [];
    const picker = new ManagerPicker([address]);
    const pick = picker.pick.bind(picker);
    picker.pick = () => {
      const picked = pick();
      tried.push(picked);
      return picked;
    };
    await loopOver(picker, []).run(new AbortController().signal);
    expect(tried).toEqual([address, elsewhere, address, address]);
  });

  it.each([
    { place: "the agent's own host", host: '127.0.0.1', heard: ['lock'] },
    // The same machine, by a name that is not known to be it: a manager behind a NAT is met like that.
    { place: 'another host', host: '[::ffff:127.0.0.1]', heard: [] },
  ])('take the lock to leave with from a manager on $place: $heard', async ({ host, heard }) => {
    hellos = 0;
    const leaveLock = Buffer.from('lock');
    const there = address.replace('127.0.0.1', host);
    answers = [
      { redirect: { managerAddresses: [there], endedClusterIds: [], availability: '', leaveLock } },
      { removed: { clusterId: 'c', clusterEnded: false, endedClusterIds: [] } },
    ];
    const locks: string[] = [];
    const party = aParty({ locked: (lock) => locks.push(Buffer.from(lock ?? []).toString()), advertiseAddress: '10.0.0.1' });
    const loop = new SessionLoop(new ManagerPicker([there]), party, createLogger('test', 'silent'), () => 0);
    await loop.run(new AbortController().signal);
    expect([hellos, locks]).toEqual([2, heard]);
  });
});

/** The sessions of an agent that only notes from which clusters it was removed. */
function loopOver(picker: ManagerPicker, removedFrom: string[]): SessionLoop {
  const party = aParty({ removed: ({ clusterId }) => void removedFrom.push(clusterId) });
  return new SessionLoop(picker, party, createLogger('test', 'silent'), () => 0);
}
