import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { createLogger } from '#common/logging';
import { eventually } from '#common/testing';
import { aNetwork, anEndpoint, aState } from '../testing/a-state';
import type { NetworkState } from '../network-state';
import { PortProxies, type ProxyLimits } from './port-proxies';

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

  describe('of which somebody wants much', () => {
    const lines: string[] = [];
    const logger = createLogger('agent', 'warn', { write: (line: string) => void lines.push(line) });
    const limits = { perPort: 3, inAll: 5, halfOpenIdleMs: 300 };
    let bounded: PortProxies;
    const sockets: Socket[] = [];
    /** The tasks' ends. */
    const accepted: Socket[] = [];
    const keep = (socket: Socket): void => void accepted.push(socket.on('error', () => undefined));
    beforeEach(() => {
      lines.length = 0;
      task.on('connection', keep);
    });
    afterEach(() => {
      task.off('connection', keep);
      bounded.close();
      for (const socket of [...sockets.splice(0), ...accepted.splice(0)]) socket.destroy();
    });
    const caller = async (): Promise<Socket> => {
      const socket = connect({ port: publishedPort, host: LOCAL, allowHalfOpen: true }).on('error', () => undefined);
      sockets.push(socket);
      // One that is refused may break before it is seen to be connected.
      await once(socket, 'connect').catch(() => undefined);
      return socket;
    };
    const serve = async (most: Partial<ProxyLimits>): Promise<void> => {
      bounded = new PortProxies({ nodeId: 'n1', address: LOCAL }, logger, { ...limits, ...most });
      await bounded.apply(published(), INGRESS);
    };

    it.each([{ perPort: 3 }, { inAll: 3 }])(
      'lets %j connections in, tells once of the others, and has room again',
      async (most) => {
        await serve({ perPort: 100, inAll: 100, ...most });
        const callers: Socket[] = [];
        for (let made = 0; made < 10; made++) callers.push(await caller());
        await eventually(() => callers.filter((socket) => socket.resume().closed).length === 7, { reason: '7 are refused' });
        expect(accepted.length).toBeLessThanOrEqual(3);
        expect(lines.filter((line) => line.includes('too many'))).toHaveLength(1);
        for (const socket of callers) socket.destroy();
        await eventually(async () => (await call('x').catch(() => '')).includes('PROXY'), { reason: 'there is room again' });
      },
    );

    it.each(['caller', 'task'])('forgets a connection whose %s said that it is done, if the other stays idle', async (who) => {
      await serve({});
      const socket = await caller();
      await eventually(() => accepted.length === 1, { reason: 'the task was called' });
      const [end] = accepted as [Socket];
      end.removeAllListeners('end').resume();
      socket.resume();
      (who === 'caller' ? socket : end).end();
      await eventually(() => socket.closed || socket.readableEnded, { reason: 'the caller is let go' });
      await eventually(() => end.closed || end.readableEnded, { reason: 'the task is let go' });
    });

    it('leaves a half-closed connection alone while something comes', async () => {
      await serve({});
      const socket = await caller();
      await eventually(() => accepted.length === 1, { reason: 'the task was called' });
      const [end] = accepted as [Socket];
      end.removeAllListeners('end').resume();
      socket.end();
      const said = text(socket);
      let left = 10;
      const timer = setInterval(() => (left-- > 0 ? end.write('.') : (clearInterval(timer), end.end('!'))), 100);
      expect(await said).toBe('..........!');
    });

    it('ends either side when the other breaks', async () => {
      await serve({});
      const [first, second] = [await caller(), await caller()];
      await eventually(() => accepted.length === 2, { reason: 'the tasks were called' });
      for (const end of accepted) end.resume();
      first.resetAndDestroy();
      await eventually(() => accepted.some((end) => end.closed), { reason: 'the task of the first is let go' });
      accepted.find((end) => !end.closed)?.resetAndDestroy();
      await eventually(() => second.resume().closed || second.readableEnded, { reason: 'the second caller is let go' });
    });

    it('asks both sides whether they are still there', async () => {
      await serve({});
      const socket = await caller();
      await eventually(() => accepted.length === 1, { reason: 'the task was called' });
      const hex = (port = 0): string => port.toString(16).toUpperCase().padStart(4, '0');
      const ownEnds = [
        [publishedPort, socket.localPort],
        [accepted[0]?.remotePort, targetPort],
      ].map(([from, to]) => new RegExp(`:${hex(from)} [0-9A-F]+:${hex(to)} 01 \\S+ 02:`));
      const table = async (): Promise<string> =>
        (await readFile('/proc/self/net/tcp', 'utf8')) + (await readFile('/proc/self/net/tcp6', 'utf8'));
      await eventually(async () => table().then((all) => ownEnds.every((end) => end.test(all))), {
        reason: 'the keep-alive timers of both run',
      });
    });
  });
});
