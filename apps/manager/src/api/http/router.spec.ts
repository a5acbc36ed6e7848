import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '#common/errors';
import { Router } from './router';

let router: Router;
let server: Server;
beforeEach(async () => {
  router = new Router();
  router.onNotFound((_request, response) => void response.writeHead(404).end('nowhere'));
  router.onError((error, _request, response) => void response.writeHead(500).end(messageOf(error)));
  server = createServer(router.listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

async function ask(path: string, method = 'GET'): Promise<{ status: number; text: string }> {
  const { port } = server.address() as AddressInfo;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest({ port, host: '127.0.0.1', path, method, agent: false }, resolve).on('error', reject).end();
  });
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
}

const say = (path: string, method: 'GET' | 'POST' = 'GET'): void =>
  router.add(method, path, (request, response) => void response.end(`${path} ${JSON.stringify(request.params)}`));

it.each([
  ['/things', '/things {}'],
  ['/things/', '/things {}'],
  ['/things?a=/b', '/things {}'],
  ['/things/x%2Fy%20z', '/things/:id {"id":"x/y z"}'],
  ['/things/a;b', '/things/:id {"id":"a;b"}'],
  ['/things/create', '/things/create {}'],
  ['/images/library/nginx/json', '/images/* {"*":"library/nginx/json"}'],
  [`/things/${'x'.repeat(500)}`, `/things/:id {"id":"${'x'.repeat(500)}"}`],
])('%s is found', async (path, text) => {
  for (const known of ['/things', '/things/create', '/things/:id', '/images/*']) say(known);
  expect(await ask(path)).toEqual({ status: 200, text });
});

it.each([
  ['GET', '/other'],
  ['POST', '/things'],
  ['GET', '/Things'],
])('%s %s is nowhere', async (method, path) => {
  say('/things');
  expect(await ask(path, method)).toEqual({ status: 404, text: 'nowhere' });
});

it('asks for the head of what can be read', async () => {
  say('/things');
  expect(await ask('/things', 'HEAD')).toEqual({ status: 200, text: '' });
});

it('runs what happens to every request in order, each of which may end it', async () => {
  say('/v/things');
  say('/things');
  router.use((request, _response, next) => {
    request.url = request.url.replace('/v/', '/');
    next();
  });
  router.use((request, response, next) => (request.url === '/stop' ? void response.end('stopped') : next()));
  router.use((request, _response, next) => next(request.url === '/fail' ? new Error('told') : undefined));
  router.use((request, _response, next) => {
    if (request.url === '/throw') throw new Error('thrown');
    next();
  });
  expect(await ask('/v/things')).toEqual({ status: 200, text: '/things {}' });
  expect(await ask('/stop')).toEqual({ status: 200, text: 'stopped' });
  expect(await ask('/fail')).toEqual({ status: 500, text: 'told' });
  expect(await ask('/throw')).toEqual({ status: 500, text: 'thrown' });
});
