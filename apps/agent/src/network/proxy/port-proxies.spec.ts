import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { createLogger } from '#common/logging';
import { aNetwork, anEndpoint, aState } from '../testing/a-state';
import type { NetworkState } from '../network-state';
import { PortProxies } from './port-proxies';

const LOCAL = '127.0.0.1';
const INGRESS = 'ingress';

async function listening(server: Server): Promise<number> {
  server.listen(0, LOCAL);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('a published port with the PROXY protocol', () => {
  const proxies = new PortProxies({ nodeId: 'n1', address: LOCAL }, createLogger('agent', 'silent'));
  /** Answers with all that it was told, once the caller has said everything. */
  const task = createServer({ allowHalfOpen: true }, (socket) => {
    let said = '';
    socket.setEncoding('utf8').on('data', (words: string) => (said += words));
    socket.on('end', () => socket.end(`heard: ${said}`));
  });
  let targetPort: number;
  let publishedPort: number;
  beforeAll(async () => {
    targetPort = await listening(task);
    const probe = createServer();
    publishedPort = await listening(probe);
    await new Promise((resolve) => probe.close(resolve));
  });
  afterEach(() => proxies.close());
  afterAll(() => task.close());

  const published = (fields: object = {}, addresses: string[] = [LOCAL]): NetworkState =>
    aState({
      networks: [aNetwork(INGRESS, '10.3.0.0/24', { ingress: true })],
      services: [{ id: 'web', ports: [{ port: { protocol: 'tcp', targetPort, publishedPort }, proxyProtocol: 1, ...fields }] }],
      endpoints: addresses.map((address, index) => anEndpoint(`t${index}`, 'n1', { [INGRESS]: address })),
    });
  const call = async (words: string): Promise<string> => {
    const socket = connect({ port: publishedPort, host: LOCAL, allowHalfOpen: true });
    await once(socket, 'connect');
    const { localPort } = socket;
    socket.end(words);
    return (await text(socket)).replace(String(localPort), 'PORT');
  };

  it('tells the task who is calling, and then passes on all that is said', async () => {
    await proxies.apply(published(), INGRESS);
    expect(await call('hello')).toBe(`heard: PROXY TCP4 127.0.0.1 127.0.0.1 PORT ${publishedPort}\r\nhello`);
  });

  it('goes to another task when one does not answer', async () => {
    // Nobody listens at the second address.
    await proxies.apply(published({}, [LOCAL, '127.0.0.9']), INGRESS);
    for (let calls = 0; calls < 10; calls++) expect(await call('x')).toMatch(/^heard: PROXY .*x$/s);
  });

  it('refuses callers when there is no task', async () => {
    await proxies.apply(published({}, []), INGRESS);
    await expect(call('x')).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
  });

  it('is given up with the last service that has it', async () => {
    await proxies.apply(published(), INGRESS);
    await proxies.apply(published({ proxyProtocol: 0 }), INGRESS);
    await expect(call('x')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxies.apply(published(), INGRESS);
    await proxies.apply(published(), undefined);
    await expect(call('x')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('is taken only at the addresses that it is bound to', async () => {
    await proxies.apply(published({ boundTo: ['lo'] }), INGRESS);
    expect(await call('x')).toContain('PROXY');
    await proxies.apply(published({ boundTo: ['192.0.2.1'] }), INGRESS);
    await expect(call('x')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('that somebody else has is named', async () => {
    const other = createServer();
    other.listen(publishedPort);
    await once(other, 'listening');
    await expect(proxies.apply(published(), INGRESS)).rejects.toThrow(
      new RegExp(`published ports cannot be had: .*EADDRINUSE.*${publishedPort}`),
    );
    await new Promise((resolve) => other.close(resolve));
  });
});
