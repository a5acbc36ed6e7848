import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { eventually } from '#common/testing';
import { TcpProxy } from './tcp-proxy';

/** A server that sends back what it gets, a proxy before it, and a client that remembers what came back. */
async function anEcho() {
  const server = createServer((socket) => socket.pipe(socket)).on('connection', (socket) => socket.on('error', () => undefined));
  const port = await listen(server);
  const proxy = await TcpProxy.listen({ host: '127.0.0.1', port });
  const client = connect(proxy.port, '127.0.0.1').setEncoding('utf8');
  const seen = { text: '', ended: false, reset: false };
  client.on('data', (text) => (seen.text += text));
  client.on('end', () => (seen.ended = true));
  client.on('error', () => (seen.reset = true));
  await eventually(() => proxy.connections === 1, { reason: 'the proxy has the connection' });
  return { server, proxy, client, seen };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

describe('a TCP proxy', () => {
  let echo: Awaited<ReturnType<typeof anEcho>>;
  const received = (text: string) =>
    eventually(() => echo.seen.text === text, { reason: `"${text}" comes back, not only "${echo.seen.text}"` });

  beforeEach(async () => {
    echo = await anEcho();
  });
  afterEach(async () => {
    echo.client.destroy();
    await echo.proxy.close();
    echo.server.close();
  });

  it('passes bytes both ways, and the end of them', async () => {
    echo.client.end('hello');
    await received('hello');
    await eventually(() => echo.seen.ended, { reason: 'the end comes back too' });
    await eventually(() => echo.proxy.connections === 0, { reason: 'the connection is forgotten' });
  });

  it.each(['toServer', 'toClient'] as const)('keeps back all %s until healed, then delivers it in order', async (direction) => {
    echo.proxy.drop(direction);
    echo.client.write('one ');
    echo.client.write('two');
    await expect(eventually(() => echo.seen.text !== '', { reason: 'something', timeoutMs: 50 })).rejects.toThrow('something');
    echo.proxy.heal();
    await received('one two');
  });

  it('delays one direction', async () => {
    const startedAt = performance.now();
    echo.proxy.delay('toClient', 60);
    echo.client.write('late');
    await received('late');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59);
  });

  it('resets what is open when cut, and what comes until healed', async () => {
    echo.proxy.cut();
    await eventually(() => echo.seen.reset, { reason: 'the open connection is reset' });
    expect(await isReset(connect(echo.proxy.port, '127.0.0.1'))).toBe(true);
    echo.proxy.heal();
    expect(await isReset(connect(echo.proxy.port, '127.0.0.1'))).toBe(false);
  });

  it('passes on more than fits into a buffer', async () => {
    const text = 'x'.repeat(8 * 1024 * 1024);
    echo.client.end(text);
    await eventually(() => echo.seen.text.length === text.length, { reason: 'all comes back' });
  });

  it('resets the client when the server is gone', async () => {
    const { port } = echo.server.address() as AddressInfo;
    echo.server.close();
    const proxy = await TcpProxy.listen({ host: '127.0.0.1', port: port });
    expect(await isReset(connect(proxy.port, '127.0.0.1'))).toBe(true);
    await proxy.close();
  });
});

/** Whether the connection is reset rather than answered. */
function isReset(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once('error', () => resolve(true));
    socket.once('data', () => {
      socket.destroy();
      resolve(false);
    });
    socket.write('anybody there?');
  });
}
