import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { decode, type Packet } from 'dns-packet';
import { createLogger } from '#common/logging';
import { eventually } from '#common/testing';
import { DnsServer } from '../../apps/agent/src/dns/dns-server';
import { withLength } from '../../apps/agent/src/dns/tcp-framing';
import { askByTcp, askByUdp, freePort, query } from '../../apps/agent/src/dns/testing/asking';
import { aNetwork, anEndpoint, aState } from '../../apps/agent/src/network/testing/a-state';

const MANY = 2_700;
/** Shorter than an honest asker waits, and long enough on a busy machine. */
const UNANSWERED_MS = 300;
const IDLE_MS = 500;
/** Loopback addresses stand for those of containers. */
const GREEDY = '127.0.0.2';
const MODEST = '127.0.0.3';
const ELSEWHERE = '127.0.0.4';
const STRANGER = '127.0.0.5';

describe("promise 5: the agent's name server answers containers of its own host only, each its share", () => {
  const state = aState({
    networks: [aNetwork('back', '10.1.0.0/16')],
    services: [{ id: 'web', name: 'web', networks: [{ networkId: 'back', virtualAddresses: ['10.1.0.2'] }] }],
    endpoints: [
      anEndpoint('greedy', 'n1', { back: GREEDY }, { serviceId: 'other' }),
      anEndpoint('modest', 'n1', { back: MODEST }, { serviceId: 'other' }),
      anEndpoint('elsewhere', 'n2', { back: ELSEWHERE }, { serviceId: 'other' }),
      ...Array.from({ length: MANY }, (_, index) =>
        anEndpoint(`t${index}`, 'n1', { back: `10.1.${Math.floor(index / 250)}.${(index % 250) + 3}` }),
      ),
    ],
  });
  /** Forwards under way, by the address of who asked: released by hand. */
  let underWay: ((answer: Buffer) => void)[];
  let lookUps: number;
  let port: number;
  let server: DnsServer;
  const held: Socket[] = [];
  beforeEach(async () => {
    underWay = [];
    lookUps = 0;
    port = await freePort();
    server = new DnsServer({
      nodeId: 'n1',
      state: () => {
        lookUps++;
        return state;
      },
      port,
      address: '0.0.0.0',
      ask: () => new Promise((resolve) => underWay.push(resolve)),
      idleMs: IDLE_MS,
      logger: createLogger('test', 'silent'),
    });
    await server.follow(state);
  });
  afterEach(() => {
    held.splice(0).forEach((socket) => socket.destroy());
    server.close();
  });
  const ask = async (name: string, from: string, timeoutMs?: number): Promise<Packet> =>
    decode(await askByUdp(port, query(name), from, timeoutMs));
  const dial = (from: string): Socket => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    socket.on('error', () => undefined);
    held.push(socket);
    return socket;
  };
  const isClosed = (socket: Socket): Promise<boolean> =>
    eventually(() => socket.destroyed || socket.readableEnded, { reason: 'the connection is closed' });

  it.each([
    { who: 'an address that is no container of ours', from: STRANGER },
    { who: 'the host itself', from: '127.0.0.1' },
    { who: 'a container of another host', from: ELSEWHERE },
  ])('$who gets no answer, whatever it asks', async ({ from }) => {
    for (const name of ['web', 'example.com']) await expect(ask(name, from, UNANSWERED_MS)).rejects.toThrow('no answer');
    const socket = dial(from);
    socket.resume().write(withLength(query('web')));
    await isClosed(socket);
    expect(socket.bytesRead).toBe(0);
    expect(underWay).toHaveLength(0);
  });

  it('no port is open where no overlay is', async () => {
    await server.follow(aState());
    await expect(askByTcp(port, query('web'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const free = createSocket('udp4');
    await new Promise<void>((resolve, reject) => free.once('error', reject).bind(port, '0.0.0.0', resolve));
    await new Promise<void>((resolve) => free.close(resolve));
  });

  it('who asks for too much is refused at once, others are not, and nothing is left of it', async () => {
    const questions = Array.from({ length: 200 }, () => ask('example.com', GREEDY, 10_000));
    const refused: Packet[] = [];
    for (const each of questions)
      each.then(
        (answer) => refused.push(answer),
        () => undefined,
      );
    await eventually(() => refused.length === 200 - 64, { reason: 'all over the share are refused' });
    expect(new Set(refused.map((answer) => (answer as { rcode?: string }).rcode))).toEqual(new Set(['SERVFAIL']));
    expect(underWay).toHaveLength(64);
    const modest = ask('example.com', MODEST);
    await eventually(() => underWay.length === 65, { reason: 'the other container is served' });
    for (const release of underWay.splice(0)) release(query('example.com'));
    await Promise.all([modest, ...questions]);
    const again = ask('example.com', GREEDY);
    await eventually(() => underWay.length === 1, { reason: 'its places are free again' });
    underWay[0]?.(query('example.com'));
    await again;
  }, 30_000);

  it('connections are limited for each container, and idle ones are closed', async () => {
    const greedy = Array.from({ length: 20 }, () => dial(GREEDY).resume());
    await eventually(() => greedy.filter((socket) => socket.destroyed || socket.readableEnded).length >= 4, {
      reason: 'those over the share are closed',
    });
    const modest = dial(MODEST);
    expect(decode(await askByTcp(port, query('web'), modest)).answers).toHaveLength(1);
    for (const socket of [...greedy, modest.resume()]) await isClosed(socket);
  });

  it('a container that asks and never reads is not answered into memory, and then cut off', async () => {
    const socket = dial(GREEDY);
    socket.pause();
    const questions = 3_000;
    socket.write(Buffer.concat(Array.from({ length: questions }, () => withLength(query('tasks.web')))));
    await eventually(() => lookUps > 1, { reason: 'it is answered at first' });
    let before = -1;
    await eventually(
      () => {
        const isQuiet = lookUps === before;
        before = lookUps;
        return isQuiet;
      },
      { reason: 'the server waits for it to read', intervalMs: 200 },
    );
    expect(lookUps).toBeLessThan(questions);
    await eventually(() => socket.destroyed || (socket.write('x') && false), { reason: 'the server hangs up' });
  }, 30_000);
});
