import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { decode, encode, type Packet } from 'dns-packet';
import { createLogger } from '#common/logging';
import { aNetwork, anEndpoint, aState } from '../network/testing/a-state';
import { DnsServer } from './dns-server';
import { ASKER, askByTcp, askByUdp, freePort, query } from './testing/asking';

const MANY = 100;

describe('a name server', () => {
  const tasks = Array.from({ length: MANY }, (_, index) => anEndpoint(`t${index}`, 'n1', { back: `10.1.0.${index + 3}` }));
  const networks = [aNetwork('back', '10.1.0.0/16')];
  const asker = anEndpoint('asker', 'n1', { back: ASKER }, { serviceId: 'other' });
  let state = aState({
    networks,
    services: [
      { id: 'web', name: 'web', networks: [{ networkId: 'back', virtualAddresses: ['10.1.0.2'] }] },
      { id: 'both', name: 'both', networks: [{ networkId: 'back', virtualAddresses: ['10.1.0.9', 'fd00:1::9'] }] },
    ],
    endpoints: [asker, ...tasks],
  });
  let server: DnsServer;
  let port = 0;
  beforeAll(async () => {
    port = await freePort();
    server = new DnsServer({ nodeId: 'n1', state: () => state, port, address: ASKER, logger: createLogger('test', 'silent') });
    expect(await server.follow(state)).toBe(true);
  });
  afterAll(() => server.close());
  const ask = (message: Buffer): Promise<Packet> => askByUdp(port, message).then((answer) => decode(answer));

  it('answers with what may be cached for a moment', async () => {
    const answer = await ask(query('web'));
    expect(answer).toMatchObject({ id: 7, type: 'response', rcode: 'NOERROR', flag_aa: true, flag_rd: true, flag_ra: true });
    expect(answer.questions).toMatchObject([{ name: 'web', type: 'A' }]);
    expect(answer.answers).toEqual([expect.objectContaining({ name: 'web', type: 'A', ttl: 2, data: '10.1.0.2' })]);
  });

  it('has no other addresses for its names, and asks nobody else for them', async () => {
    expect(await ask(query('web', 'AAAA'))).toMatchObject({ rcode: 'NOERROR', answers: [] });
  });

  it('gives addresses of the kind that is asked for', async () => {
    expect((await ask(query('both', 'A'))).answers).toMatchObject([{ type: 'A', data: '10.1.0.9' }]);
    expect((await ask(query('both', 'AAAA'))).answers).toMatchObject([{ type: 'AAAA', data: 'fd00:1::9' }]);
  });

  it('knows who has an address', async () => {
    expect((await ask(query('2.0.1.10.in-addr.arpa', 'PTR'))).answers).toMatchObject([{ type: 'PTR', data: 'web' }]);
  });

  it('gives as many addresses as fit a packet, says that there are more, and gives all of them over TCP', async () => {
    const cut = await ask(query('tasks.web'));
    expect(cut).toMatchObject({ flag_tc: true });
    expect(cut.answers).toHaveLength(30);
    const whole = decode(await askByTcp(port, query('tasks.web')));
    expect(whole).toMatchObject({ flag_tc: false });
    expect(whole.answers).toHaveLength(MANY);
  });

  it('gives more to an asker that takes larger packets, and says that it understood', async () => {
    const additionals = [{ type: 'OPT', name: '.', udpPayloadSize: 4_096, flags: 0, options: [] }] as never;
    const answer = await ask(encode({ type: 'query', id: 7, questions: [{ type: 'A', name: 'tasks.web' }], additionals }));
    expect(answer.answers).toHaveLength(74);
    expect(answer.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1_232 }]);
  });

  it('follows the state at once', async () => {
    const before = state;
    state = aState({
      networks,
      endpoints: [asker],
      services: [{ id: 'w', name: 'web', networks: [{ networkId: 'back', virtualAddresses: ['10.1.0.99'] }] }],
    });
    expect((await ask(query('web'))).answers).toMatchObject([{ data: '10.1.0.99' }]);
    state = before;
  });

  it('answers one question after the other on a connection', async () => {
    const socket = connect(port, ASKER);
    const names = ['web', 'both'];
    for (const name of names) expect(decode(await askByTcp(port, query(name), socket)).questions).toMatchObject([{ name }]);
    socket.destroy();
  });

  it('is not open without networks, says that it could not listen, and is open again', async () => {
    const { networks: none } = aState();
    expect(await server.follow({ networks: none })).toBe(true);
    await expect(askByTcp(port, query('web'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const other = createSocket('udp4');
    await new Promise<void>((resolve) => other.bind(port, ASKER, resolve));
    expect(await server.follow(state)).toBe(false);
    await new Promise<void>((resolve) => other.close(resolve));
    expect(await server.follow(state)).toBe(true);
    expect((await ask(query('web'))).answers).toHaveLength(1);
  });
});
