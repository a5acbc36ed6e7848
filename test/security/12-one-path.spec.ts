import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { ApiScenario, NODE_ID } from '../../apps/manager/src/api/testing/api-scenario';
import { FakeEngine } from './fake-engine';
import { RawConnection } from './raw-connection';

const CONTAINER = 'c0ffee'.padEnd(64, '0');
const HOST = 'Host: docker\r\n';

let folder: string;
let hosts: FakeEngine;
let nodes: FakeEngine;
let scenario: ApiScenario;
let open: RawConnection[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmctl-paths-'));
  hosts = await FakeEngine.start('host', join(folder, 'host.sock'), CONTAINER);
  nodes = await FakeEngine.start('node', join(folder, 'node.sock'));
});
afterAll(async () => {
  await Promise.all([hosts.stop(), nodes.stop()]);
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  open = [];
  for (const engine of [hosts, nodes]) Object.assign(engine, { answer: undefined }).forget();
  scenario = await ApiScenario.start({ engines: { connect: (place) => (place === 'host' ? hosts : nodes).connect() } });
  const serviceId = await scenario.createService('web');
  await scenario.addTask('task0000000000000000000aa', serviceId, { nodeId: NODE_ID, containerId: CONTAINER });
});
afterEach(async () => {
  for (const connection of open) connection.close();
  await scenario.stop();
});

async function connection(): Promise<RawConnection> {
  const raw = await RawConnection.open({ path: scenario.api.socket });
  open.push(raw);
  return raw;
}

const sentTo = (engine: FakeEngine): string[] => engine.requests.map(({ line }) => line);
const nothingSent = (): void => expect([...sentTo(hosts), ...sentTo(nodes)]).toEqual([]);

describe('promise 12: a request has one path, and each request of a connection is led by its own', () => {
  it.each([
    '/v1.41/%63ontainers/json',
    `/v1.41/container%73/${CONTAINER}/json`,
    '/v1.41/%73ecrets',
    'http://docker/v1.41/containers/json',
    'http://other/v1.41/secrets',
    'unix://x/containers/json',
    '//v1.41/containers/json',
    '/v1.41//containers/json',
    `/v1.41/services/../containers/${CONTAINER}/json`,
    '/v1.41/services/%2e%2e/containers/json',
    '/v1.41/images/..%2Fcontainers%2Fjson',
    '/v1.41/containers%2Fjson',
    '/v1.41/containers\\json',
    '/v1.41/containers%5Cjson',
    '/v1.41/containers/a%00b/json',
    '/v1.41/containers/%zz/json',
    '/v1.41/services#/../containers/json',
    '/v1.41./services',
    '/v./containers/json',
    '/v1..41/containers/json',
    '*',
    'docker:80',
  ])('%s is refused, with an upgrade as well, and no engine hears of it', async (target) => {
    for (const more of ['', 'Connection: Upgrade\r\nUpgrade: tcp\r\n']) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const raw = await connection();
        raw.send(`${method} ${target} HTTP/1.1\r\n${HOST}${more}Content-Length: 0\r\n\r\n`);
        expect(await raw.untilAnswers(1)).toEqual([400]);
        raw.close();
      }
    }
    nothingSent();
  });

  it('CONNECT is refused with a reason', async () => {
    const raw = await connection();
    raw.send(`CONNECT docker:80 HTTP/1.1\r\n${HOST}\r\n`);
    await raw.untilClosed();
    expect(raw.received).toMatch(/^HTTP\/1\.1 400 [^]*CONNECT is not supported/);
    nothingSent();
  });

  it.each([
    ['/v1.41/images/library%2Fnginx/json', '/v1.41/images/library/nginx/json'],
    ['/v1.41/images/x%40sha256%3Aab/json', '/v1.41/images/x@sha256:ab/json'],
    ['/images/x@sha256:ab/json?a=%2F..//', '/images/x@sha256:ab/json?a=%2F..//'],
    ['/v1.41/volumes/a%20b', '/v1.41/volumes/a%20b'],
    ['/v1.41/containers/a;b/json', '/v1.41/containers/a;b/json'],
  ])('%s comes to the engine as %s', async (target, path) => {
    expect((await scenario.get(target)).status).toBe(200);
    expect(sentTo(hosts)).toEqual([`GET ${path} HTTP/1.1`]);
  });

  describe.each([
    ['GET', `/containers/${CONTAINER}/json`],
    ['HEAD', '/_ping'],
    ['GET', '/info'],
    ['POST', '/containers/create'],
    ['GET', '/nowhere/at/all'],
  ])('%s %s with an Upgrade header', (method, path) => {
    it('is a request like any other, and so is the next one on its connection', async () => {
      const raw = await connection();
      raw.send(`${method} ${path} HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n`);
      raw.send(`GET /containers/json HTTP/1.1\r\n${HOST}\r\n`);
      raw.send(`GET /version HTTP/1.1\r\n${HOST}\r\n`);
      const statuses = await raw.untilAnswers(3);
      expect(statuses.slice(1)).toEqual([200, 200]);
      expect(sentTo(hosts).filter((line) => line.includes('/containers/json'))).toEqual(['GET /containers/json HTTP/1.1']);
      expect(raw.received).toContain('"engine":"host"');
      for (const { headers, rest } of [...hosts.requests, ...nodes.requests])
        expect([headers.filter((header) => /^upgrade:/i.test(header)), rest.includes('HTTP/1.1')]).toEqual([[], false]);
    });
  });

  it('a thousand upgrades that are none leave nothing behind on their connection', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const raw = await connection();
    for (let count = 1; count <= 1_000; count++) {
      raw.send(`GET /_ping HTTP/1.1\r\n${HOST}Connection: Upgrade, X\r\nUpgrade: websocket\r\n\r\n`);
      if (count % 50 === 0) await raw.untilAnswers(count);
    }
    process.off('warning', warn);
    expect([new Set(raw.statuses), warnings]).toEqual([new Set([200]), []]);
  });

  const attach = `POST /v1.41/containers/${CONTAINER}/attach?stream=1 HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: tcp\r\n`;

  it('bytes go to the engine once it has agreed, and both directions end by themselves', async () => {
    const raw = await connection();
    raw.send(`${attach}Content-Length: 0\r\n\r\nearly `);
    await raw.until((text) => text.includes('early '), 'the echo has come');
    raw.send('late');
    raw.socket.end();
    await raw.untilClosed();
    expect(raw.received).toMatch(/^HTTP\/1\.1 101 UPGRADED\r\n[^]*\r\n\r\nearly late$/);
    expect([sentTo(nodes), sentTo(hosts)]).toEqual([[`POST /v1.41/containers/${CONTAINER}/attach?stream=1 HTTP/1.1`], []]);
    await eventually(() => nodes.openConnections === 0, { reason: 'the engine’s connection is closed' });
  });

  it('when the engine answers otherwise, what follows is led anew', async () => {
    nodes.answer = () =>
      'HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n';
    const raw = await connection();
    raw.send(`${attach}Content-Length: 2\r\n\r\n{}GET /containers/json HTTP/1.1\r\n${HOST}\r\n`);
    expect(await raw.untilAnswers(2)).toEqual([404, 200]);
    expect([nodes.requests.map(({ rest }) => rest), sentTo(hosts)]).toEqual([['{}'], ['GET /containers/json HTTP/1.1']]);
    await eventually(() => nodes.openConnections === 0, { reason: 'the engine’s connection is closed' });
  });

  it('an old engine’s 200 and a raw stream are a hijack too', async () => {
    nodes.answer = () => 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nhello';
    const raw = await connection();
    raw.send(`${attach}\r\n`);
    await raw.until((text) => text.endsWith('hello'), 'the stream has begun');
    raw.send('typed');
    await eventually(() => nodes.requests[0]?.rest === 'typed', { reason: 'the engine got what was typed' });
  });

  it('a command’s body may come in chunks, which only an engine’s agreement makes the end of', async () => {
    const raw = await connection();
    const start = `POST /exec/e1/start HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: tcp\r\nTransfer-Encoding: chunked\r\n\r\n`;
    raw.send(`${start}8\r\n{"Tty":t\r\n`);
    raw.send('4\r\nrue}\r\n0\r\n\r\ntyped');
    await raw.until((text) => text.endsWith('typed'), 'the echo has come');
    expect(hosts.requests.map(({ rest }) => rest)).toEqual(['{"Tty":true}typed']);
  });

  it('an attach that announces chunks and sends none gets its connection (docker-modem)', async () => {
    const raw = await connection();
    raw.send(`${attach}Transfer-Encoding: chunked\r\n\r\n`);
    await raw.untilAnswers(1);
    raw.send('typed');
    await raw.until((text) => text.endsWith('\r\n\r\ntyped'), 'the echo has come');
    expect(nodes.requests.map(({ rest }) => rest)).toEqual(['typed']);
  });

  it('an upgrade behind other requests waits for their answers', async () => {
    const raw = await connection();
    raw.send(
      `GET /containers/json HTTP/1.1\r\n${HOST}\r\nGET /containers/${CONTAINER}/json HTTP/1.1\r\n${HOST}\r\n${attach}\r\n`,
    );
    expect(await raw.untilAnswers(3)).toEqual([200, 200, 101]);
  });

  it.each([
    ['both a length and chunks', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n'],
    ['two lengths', 'Content-Length: 3\r\nContent-Length: 30\r\n\r\nabcGET /x HTTP/1.1\r\n\r\n'],
    ['a length that is none', 'Content-Length: +3\r\n\r\nabc'],
    ['chunks in disguise', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['chunks before something else', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['a folded header', 'X: a\r\n Transfer-Encoding: chunked\r\n\r\n'],
    ['a bare line feed', 'X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ])('a request with %s comes to no engine twice', async (_, rest) => {
    for (const more of ['', 'Connection: Upgrade\r\nUpgrade: tcp\r\n']) {
      const raw = await connection();
      raw.send(`POST /containers/prune HTTP/1.1\r\n${HOST}${more}${rest}`);
      raw.socket.end();
      await raw.untilClosed();
      expect(raw.statuses[0]).toBe(400);
    }
    expect([...sentTo(hosts), ...sentTo(nodes)].filter((line) => !line.startsWith('POST /containers/prune'))).toEqual([]);
  });

  it('headers that are about the client’s connection stay there', async () => {
    const raw = await connection();
    raw.send(
      `POST /build HTTP/1.1\r\n${HOST}Connection: keep-alive, X-Secret, Content-Length\r\nX-Secret: 1\r\nX-Kept: 2\r\nTE: trailers\r\nTrailer: X-T\r\n` +
        'Expect: 100-continue\r\nProxy-Authorization: x\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n0\r\nX-T: 1\r\n\r\n',
    );
    expect(await raw.untilAnswers(2)).toEqual([100, 200]);
    const [sent] = hosts.requests;
    expect(sent?.headers.map((header) => header.toLowerCase()).sort()).toEqual([
      'connection: close',
      'host: docker',
      'transfer-encoding: chunked',
      'x-kept: 2',
    ]);
    expect(sent?.rest).toBe('3\r\nabc\r\n0\r\n\r\n');
  });

  it.each([
    ['a length beside chunks', 'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n', [503, 200]],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\nX-Hop: 1\r\n\r\n', [200, 200]],
    ['hop-by-hop headers', 'Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: x\r\nContent-Length: 2\r\n\r\n{}', [200, 200]],
    ['two lengths', 'Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}', [503, 200]],
  ])('an engine’s answer with %s is framed anew', async (_, rest, statuses) => {
    hosts.answer = (line) => (line.includes('/images/') ? `HTTP/1.1 200 OK\r\n${rest}` : undefined);
    const raw = await connection();
    raw.send(`GET /images/json HTTP/1.1\r\n${HOST}\r\nGET /_ping HTTP/1.1\r\n${HOST}\r\n`);
    expect(await raw.untilAnswers(2)).toEqual(statuses);
    expect(raw.received).not.toMatch(/^x-hop/im);
    expect(raw.received).toMatch(/\r\n\r\nOK$/);
  });

  it('an engine that begins another protocol unasked has given no answer', async () => {
    hosts.answer = () => 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n';
    expect((await scenario.get('/images/json')).status).toBe(503);
  });

  it('a client that goes while its request is led on leaves no connection open', async () => {
    for (const request of [
      `${attach}\r\n`,
      `GET /containers/json HTTP/1.1\r\n${HOST}\r\n`,
      `${attach}Content-Length: 10\r\n\r\n`,
    ]) {
      const raw = await connection();
      raw.send(request);
      raw.close();
    }
    await eventually(() => hosts.openConnections + nodes.openConnections === 0, { reason: 'no engine has a connection left' });
  });

  it('a client that has said its last word and is gone is noticed while the engine is quiet', async () => {
    const raw = await connection();
    raw.send(`${attach}\r\n`);
    await raw.untilAnswers(1);
    const closed = once(raw.socket, 'close');
    raw.close();
    await closed;
    await eventually(() => nodes.openConnections === 0, { reason: 'the engine’s connection is closed' });
  });
});
