import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { createLogger } from '#common/logging';
import { readJsonBody } from '../../apps/manager/src/api/http/json-body';
import { sendJson } from '../../apps/manager/src/api/http/send';
import { HttpServer } from '../../apps/manager/src/api/http-server';
import { requireHost, requireOrigin, type CallerRules } from '../../apps/manager/src/api/http/tcp-callers';
import { HTTP_STATUS } from '../../apps/manager/src/api/http/http-status';
import type { DomainError } from '#common/errors';
import { RawConnection } from './raw-connection';

const QUIET = createLogger('test', 'silent');
const BODY = '{"Name":"s","Data":"eA=="}';
const RULES: CallerRules = {
  hosts: ['10.1.2.3', 'Swarm.example.com', 'proxy.example.com:8443', '[fd00::1]'],
  origins: ['https://ui.example.com'],
};

let folder: string;
let server: HttpServer;
let port: number;
/** Bodies of requests that came as far as a route. */
let created: unknown[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmctl-callers-'));
  port = await freePort();
  server = new HttpServer(
    {
      request: (request, response) => {
        readJsonBody(request).then(
          (body) => {
            created.push(body);
            sendJson(response, 201, { ID: 'x' });
          },
          (error: DomainError) => sendJson(response, HTTP_STATUS[error.code], { message: error.message }),
        );
      },
      upgrade: (_request, socket) => {
        created.push('upgrade');
        socket.destroy();
        return Promise.resolve();
      },
    },
    QUIET,
    { callers: RULES },
  );
  await server.listen([`tcp://0.0.0.0:${port}`, `unix://${join(folder, 'api.sock')}`]);
});
afterAll(async () => {
  await server.close(0);
  await rm(folder, { recursive: true });
});
beforeEach(() => (created = []));

async function ask(
  headers: string,
  { unix = false, body = BODY, version = '1.1' } = {},
): Promise<{ status: number; text: string }> {
  const raw = await RawConnection.open(unix ? { path: join(folder, 'api.sock') } : { host: '127.0.0.1', port });
  raw.send(`POST /secrets/create HTTP/${version}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`);
  const [status = 0] = await raw.untilAnswers(1);
  raw.close();
  return { status, text: raw.received };
}

const JSON_TYPE = 'Content-Type: application/json\r\n';

describe('promise 13: a web page cannot use the API through a browser', () => {
  it.each([
    'localhost',
    'LOCALHOST.',
    'localhost:1234',
    '127.0.0.1:{port}',
    '[::1]:2375',
    '[0:0:0:0:0:0:0:1]',
    hostname(),
    '10.1.2.3:2375',
    'swarm.EXAMPLE.com:{port}',
    'proxy.example.com:8443',
    '[fd00:0::0001]:2375',
  ])('Host %s is this manager’s own', async (host) => {
    expect((await ask(`Host: ${host.replace('{port}', String(port))}\r\n${JSON_TYPE}`)).status).toBe(201);
  });

  it.each([
    'evil.example.com',
    'evil.example.com:{port}',
    'localhost.evil.example.com',
    'notlocalhost',
    '127.0.0.1.nip.io:{port}',
    '127.0.0.2',
    '10.9.9.9',
    '0.0.0.0.evil',
    'proxy.example.com',
    'proxy.example.com:8444',
    '[fd00::2]:2375',
    'user@localhost',
    'localhost/evil',
    'localhost, evil',
    '%6cocalhost',
    '',
  ])('Host %j is refused with a reason, whatever else is right', async (host) => {
    const { status, text } = await ask(`Host: ${host.replace('{port}', String(port))}\r\n${JSON_TYPE}`);
    expect([status, created]).toEqual([403, []]);
    expect(text).toContain('--allowed-host');
  });

  it('two Host headers, or none, are refused', async () => {
    const two = await ask(`Host: localhost\r\nHost: evil.example.com\r\n${JSON_TYPE}`);
    const none = await ask(JSON_TYPE, { version: '1.0' });
    expect([two.status, none.status, created]).toEqual([400, 400, []]);
  });

  it.each([
    'http://evil.example.com',
    'null',
    'http://localhost:{port}',
    'https://ui.example.com.evil',
    'https://ui.example.com, x',
  ])('Origin %s is refused with a reason', async (origin) => {
    const { status, text } = await ask(`Host: localhost\r\nOrigin: ${origin}\r\n${JSON_TYPE}`);
    expect([status, created]).toEqual([403, []]);
    expect(text).toContain('--allowed-origin');
  });

  it('an origin that the operator allowed is let in', async () => {
    expect((await ask(`Host: localhost\r\nOrigin: https://ui.example.com\r\n${JSON_TYPE}`)).status).toBe(201);
  });

  it.each([
    '',
    'Content-Type: text/plain\r\n',
    'Content-Type: \r\n',
    'Content-Type: application/x-www-form-urlencoded\r\n',
    'Content-Type: text/plain; application/json\r\n',
  ])('a body with %j is refused', async (type) => {
    const { status, text } = await ask(`Host: localhost\r\n${type}`);
    expect([status, created]).toEqual([400, []]);
    expect(text).toContain("must be 'application/json'");
  });

  it('a refused upgrade hands nothing over', async () => {
    const raw = await RawConnection.open({ host: '127.0.0.1', port });
    raw.send('POST /exec/x/start HTTP/1.1\r\nHost: evil\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    await raw.untilClosed();
    expect([raw.statuses, created]).toEqual([[403], []]);
  });

  it.each(['docker', '%2Fvar%2Frun%2Fdocker.sock', 'api.moby.localhost', 'http', 'evil.example.com'])(
    'on the unix socket Host %s is let in, without a type as well',
    async (host) => {
      expect((await ask(`Host: ${host}\r\n`, { unix: true })).status).toBe(201);
      expect((await ask(`Host: ${host}\r\nOrigin: http://x\r\n${JSON_TYPE}`, { unix: true })).status).toBe(201);
    },
  );

  it('what the operator allows is checked when the manager starts', () => {
    for (const host of ['a b', 'http://x', '[x]', 'a:b', '']) expect(() => requireHost(host)).toThrow('is no host');
    for (const origin of ['x', 'https://x/y', 'https://', '*', '']) expect(() => requireOrigin(origin)).toThrow('is no origin');
  });
});

describe('promise 13: a client that is slow or greedy is cut off', () => {
  it('a head of more than a megabyte is refused', async () => {
    const raw = await RawConnection.open({ host: '127.0.0.1', port });
    raw.send(`GET /${'x'.repeat(1_100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(await raw.untilAnswers(1)).toEqual([431]);
    raw.close();
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
