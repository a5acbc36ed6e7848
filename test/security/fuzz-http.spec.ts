import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { eventually } from '#common/testing';
import { mayTakeOver, routeOf } from '../../apps/manager/src/api/engine/engine-route';
import { stripVersion } from '../../apps/manager/src/api/http/negotiate-version';
import { canonicalTarget } from '../../apps/manager/src/api/http/request-target';
import { ApiScenario, NODE_ID } from '../../apps/manager/src/api/testing/api-scenario';
import { FakeEngine, type EngineRequest } from './fake-engine';
import { RawConnection } from './raw-connection';

const RUNS = Number(process.env.SECURITY_RUNS ?? 1_000);
/** Requests before memory is looked at: code is compiled and buffers are pooled by then. */
const WARM_UP = 200;
const MOST_MEMORY_BYTES = 50 * 1024 * 1024;
/** A connection on which nothing happens for so long is left: its request waits for more. */
const QUIET_MS = 30;
const TIMEOUT_MS = 600_000;
const CONTAINER = 'c0ffee'.padEnd(64, '0');
/** What the manager itself asks this host's engine, to show it beside the swarm's; networks that are not the swarm's are the engine's. */
const ASKED_BY_ITSELF =
  /^(?:GET \/(?:v[\d.]+\/)?(?:events|info|networks|version|system\/df)(?:\/?\?[^ ]*)?|[A-Z]+ \/(?:v[\d.]+\/)?networks\/[^ ]+) HTTP/;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT', 'PRI', 'get', 'G T', ''];
const PATHS = [
  '/_ping',
  '/version',
  '/containers/json',
  `/containers/${CONTAINER}/json`,
  `/containers/${CONTAINER}/attach?stream=1`,
  `/containers/${CONTAINER}/exec`,
  '/containers/create',
  '/exec/e1/start',
  '/images/a%2Fb/json',
  '/images/json',
  '/secrets',
  '/services/create',
  '/networks/x',
  '/events?until=1',
  '/session',
  '/grpc',
  '/build',
  '*',
  'docker:80',
  'http://docker/containers/json',
];
const PIECES = [
  '%63',
  '%2F',
  '%2f',
  '%2e',
  '..',
  '.',
  '/',
  '//',
  '\\',
  '%5c',
  '%00',
  '%0d%0a',
  '%zz',
  '%',
  '#',
  ';',
  '?',
  '\u00ff',
  ' ',
  '%25',
  '%3A',
  'v1.41',
  'v9',
  'a',
];
const HEADERS = [
  'Connection: Upgrade\r\nUpgrade: tcp',
  'Connection: Upgrade, Content-Length\r\nUpgrade: h2c\r\nHTTP2-Settings: x',
  'Connection: close',
  'Connection: keep-alive, X-A',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: \u000bchunked',
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: 99999999999999999999',
  'Content-Length: -1',
  'Content-Length: 5, 5',
  'Content-Length: 0x5',
  'Content-Length : 5',
  'Expect: 100-continue',
  'Expect: x',
  'TE: trailers',
  'Trailer: X-A',
  'X-A: a\r\n folded',
  'X-A: a\nX-B: b',
  'X-A: \u0000',
  ': empty',
  'no colon',
  'Host: other',
  'Content-Type: application/json',
  'X-Registry-Auth: %%%',
];
const SMUGGLED = `GET /containers/${CONTAINER}/json HTTP/1.1\r\nHost: x\r\n\r\n`;
const BODIES = [
  '',
  '{}',
  'abcde',
  '0\r\n\r\n',
  '5\r\nabcde\r\n0\r\n\r\n',
  '5;x="\r\n"\r\nabcde\r\n0\r\n\r\n',
  '5\nabcde\n0\n\n',
  'fffffffff\r\nabcde',
  '-5\r\nabcde\r\n0\r\n\r\n',
  '0\r\nX-A: 1\r\n\r\n',
  `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
  SMUGGLED,
];

const pick = (values: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const odd = (text: string): fc.Arbitrary<string> =>
  fc.tuple(fc.nat(text.length), pick(PIECES)).map(([at, piece]) => text.slice(0, at) + piece + text.slice(at));
const target = pick(PATHS).chain((path) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(path) }, odd(path), odd(path).chain(odd)),
);
const usual = pick(METHODS.slice(0, 5));
const request = fc
  .record({
    method: fc.oneof({ weight: 8, arbitrary: usual }, pick(METHODS)),
    target: fc.oneof(
      target,
      target.map((path) => `/v1.41${path}`),
    ),
    version: fc.oneof(
      { weight: 8, arbitrary: fc.constant('HTTP/1.1') },
      pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.1 x', 'http/1.1', '']),
    ),
    headers: fc.array(pick(HEADERS), { maxLength: 4 }),
    host: fc.oneof({ weight: 8, arbitrary: fc.constant(['Host: docker']) }, fc.constant([])),
    end: fc.oneof({ weight: 12, arbitrary: fc.constant('\r\n\r\n') }, pick(['\n\n', '\r\n', '\r\r\n\n', ''])),
    body: pick(BODIES),
  })
  .map(
    ({ method, target: path, version, headers, host, end, body }) =>
      [`${method} ${path} ${version}`, ...host, ...headers].join('\r\n') + end + body,
  );
/** Whole requests, and some cut and joined anywhere, sent in one piece or in two. */
const conversation = fc.record({
  requests: fc.oneof(
    { weight: 6, arbitrary: fc.array(request, { minLength: 1, maxLength: 4 }) },
    fc.array(
      request.chain((text) => fc.nat(text.length).map((end) => text.slice(0, end))),
      { minLength: 1, maxLength: 3 },
    ),
    fc.array(fc.string({ unit: 'binary', maxLength: 200 }), { minLength: 1, maxLength: 2 }),
  ),
  cut: fc.nat(400),
  hangsUp: fc.boolean(),
});

let folder: string;
let host: FakeEngine;
let node: FakeEngine;
let scenario: ApiScenario;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmctl-fuzz-'));
  host = await FakeEngine.start('host', join(folder, 'host.sock'), CONTAINER);
  node = await FakeEngine.start('node', join(folder, 'node.sock'));
  scenario = await ApiScenario.start({ engines: { connect: (place) => (place === 'host' ? host : node).connect() } });
  const serviceId = await scenario.createService('web');
  await scenario.addTask('task0000000000000000000aa', serviceId, { nodeId: NODE_ID, containerId: CONTAINER });
});
afterAll(async () => {
  await scenario.stop();
  await Promise.all([host.stop(), node.stop()]);
  await rm(folder, { recursive: true });
});

/** Whether the engine may have been sent this: one request, under its one path, where that path leads. */
function requireLedRight(sent: EngineRequest, isOfNode: boolean): void {
  const { line, headers, rest } = sent;
  if (!isOfNode && ASKED_BY_ITSELF.test(line)) return;
  const [, method = '', path = ''] = /^([A-Z-]+) (\/[^ ]*) HTTP\/1\.1$/.exec(line) ?? [];
  const url = stripVersion(canonicalTarget(path));
  const route = routeOf(url);
  const isTask = route.to === 'container' && route.name !== '' && CONTAINER.startsWith(route.name.replace(/^\//, ''));
  const takesOver = headers.some((header) => /^upgrade:/i.test(header));
  expect({
    ...{ path, to: route.to === 'manager', isOfNode, takesOver: takesOver && mayTakeOver(method, url) },
    misframed: takesOver || isFramed(headers, rest) ? undefined : { headers, rest },
  }).toEqual({ path: canonicalTarget(path), to: false, isOfNode: isTask, takesOver, misframed: undefined });
}

/** Whether the bytes after the head are the body that the head announces, or the beginning of it where the client hung up. */
function isFramed(headers: readonly string[], rest: string): boolean {
  const framings = headers.filter((header) => /^(?:content-length|transfer-encoding):/i.test(header));
  if (framings.length === 0) return rest === '';
  if (framings.length > 1) return false;
  const [, length] = /^content-length: (\d+)$/i.exec(framings[0] ?? '') ?? [];
  if (length !== undefined) return rest.length <= Number(length);
  return isChunked(rest);
}

/** Whether these are chunks, the last of them empty or, where the client hung up, cut off. */
function isChunked(text: string): boolean {
  const [line, digits = ''] = /^([0-9a-f]+)\r\n/.exec(text) ?? [];
  if (line === undefined) return /^[0-9a-f]*\r?$/.test(text);
  const end = line.length + Number.parseInt(digits, 16);
  if (text.length < end + 2) return '\r\n'.startsWith(text.slice(end));
  const rest = text.slice(end + 2);
  if (text.slice(end, end + 2) !== '\r\n') return false;
  return Number.parseInt(digits, 16) === 0 ? rest === '' : isChunked(rest);
}

async function converse({ requests, cut, hangsUp }: { requests: string[]; cut: number; hangsUp: boolean }): Promise<void> {
  const raw = await RawConnection.open({ path: scenario.api.socket });
  const text = requests.join('');
  raw.send(text.slice(0, cut));
  if (hangsUp) raw.socket.end(Buffer.from(text.slice(cut), 'latin1'));
  else raw.send(`${text.slice(cut)}GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  await raw.untilQuiet(QUIET_MS);
  raw.close();
}

async function memory(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('promise 12: whatever bytes come, engines get whole requests that are theirs', () => {
  it(
    `${RUNS} conversations`,
    async () => {
      let count = 0;
      let before = 0;
      await fc.assert(
        fc.asyncProperty(conversation, async (talk) => {
          for (const engine of [host, node]) engine.forget();
          await converse(talk);
          for (const sent of host.requests) requireLedRight(sent, false);
          for (const sent of node.requests) requireLedRight(sent, true);
          if (++count === Math.min(WARM_UP, RUNS)) before = await memory();
        }),
        { numRuns: RUNS },
      );
      await eventually(() => host.openConnections + node.openConnections === 0, { reason: 'no connection to an engine is left' });
      expect((await scenario.get('/_ping')).text).toBe('OK');
      expect((await memory()) - before).toBeLessThan(MOST_MEMORY_BYTES);
    },
    TIMEOUT_MS,
  );
});
