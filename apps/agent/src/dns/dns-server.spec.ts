import { createSocket } from 'node:dgram';
import { connect, createServer, type AddressInfo } from 'node:net';
import { decode, encode, type Packet } from 'dns-packet';
import { createLogger } from '#common/logging';
import { anEndpoint, aState } from '../network/testing/a-state';
import { DnsServer } from './dns-server';
import { withLength } from './tcp-framing';

/** The one who asks, as the server sees it. */
const ASKER = '127.0.0.1';
const MANY = 100;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, ASKER, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const query = (name: string, type: 'A' | 'AAAA' | 'PTR' = 'A'): Buffer =>
  encode({ type: 'query', id: 7, flags: 1 << 8, questions: [{ type, name }] });

describe('a name server', () => {
  const tasks = Array.from({ length: MANY }, (_, index) => anEndpoint(`t${index}`, 'n1', { back: `10.1.0.${index + 3}` }));
  let state = aState({
    services: [
      { id: 'web', name: 'web', networks: [{ networkId: 'back', virtualAddresses: ['10.1.0.2'] }] },
      { id: 'both', name: 'both', networks: [{ networkId: 'back', virtualAddresses: ['10.1.0.9', 'fd00:1::9'] }] },
    ],
    endpoints: [anEndpoint('asker', 'n1', { back: ASKER }, { serviceId: 'other' }), ...tasks],
  });
  const server = new DnsServer(() => state, createLogger('test', 'silent'));
  let port = 0;
  beforeAll(async () => {
    port = await freePort();
    await server.listen(port, ASKER);
  });
  afterAll(() => server.close());

  const ask = (message: Buffer): Promise<Packet> =>
    new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.once('error', reject);
      socket.once('message', (answer) => {
        socket.close();
        resolve(decode(answer));
      });
      socket.send(message, port, ASKER);
    });
  const askByTcp = (message: Buffer): Promise<Packet> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, ASKER, () => socket.write(withLength(message)));
      let received = Buffer.alloc(0);
      socket.once('error', reject);
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        socket.destroy();
        resolve(decode(received.subarray(2)));
      });
    });

  it('answers with what may be believed for a moment', async () => {
    const answer = await ask(query('web'));
    expect(answer).toMatchObject({ id: 7, type: 'response', rcode: 'NOERROR' });
    expect(answer.answers).toEqual([expect.objectContaining({ name: 'web', type: 'A', ttl: 2, data: '10.1.0.2' })]);
  });

  it('has no other addresses for its names, and asks nobody else for them', async () => {
    expect(await ask(query('web', 'AAAA'))).toMatchObject({ rcode: 'NOERROR', answers: [] });
  });

  it('tells addresses of the kind that is asked for', async () => {
    expect((await ask(query('both', 'A'))).answers).toMatchObject([{ type: 'A', data: '10.1.0.9' }]);
    expect((await ask(query('both', 'AAAA'))).answers).toMatchObject([{ type: 'AAAA', data: 'fd00:1::9' }]);
  });

  it('knows who has an address', async () => {
    expect((await ask(query('2.0.1.10.in-addr.arpa', 'PTR'))).answers).toMatchObject([{ type: 'PTR', data: 'web' }]);
  });

  it('cuts what is too long for a packet, and tells all of it over TCP', async () => {
    expect(await ask(query('tasks.web'))).toMatchObject({ flag_tc: true, answers: [] });
    expect((await askByTcp(query('tasks.web'))).answers).toHaveLength(MANY);
  });

  it('follows the state at once', async () => {
    const before = state;
    state = aState({
      endpoints: [anEndpoint('asker', 'n1', { back: ASKER }, { serviceId: 'other' })],
      services: [{ id: 'w', name: 'web', networks: [{ networkId: 'back', virtualAddresses: ['10.1.0.99'] }] }],
    });
    expect((await ask(query('web'))).answers).toMatchObject([{ data: '10.1.0.99' }]);
    state = before;
  });

  it('is not disturbed by what is no question', async () => {
    const noise = createSocket('udp4');
    await new Promise((resolve) => noise.send(Buffer.from('nonsense'), port, ASKER, resolve));
    noise.close();
    expect((await ask(query('web'))).answers).toHaveLength(1);
  });
});
