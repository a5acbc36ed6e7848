import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseAddress } from './address';
import { ManagerClient } from './client';

let folder: string;
let server: Server | undefined;
let client: ManagerClient;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'client-'));
  client = new ManagerClient(chooseAddress({ host: `unix://${folder}/m.sock` }, {}));
});
afterEach(() => {
  client.close();
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

function answering(status: number, body: string): Promise<void> {
  server = createServer((_request, response) => response.writeHead(status).end(body));
  return new Promise((resolve) => server?.listen(`${folder}/m.sock`, resolve));
}

const get = (): Promise<unknown> => client.send({ method: 'GET', path: '/info' });

it('gives the JSON of the answer', async () => {
  await answering(200, '{"a":[1]}');
  await expect(get()).resolves.toEqual({ a: [1] });
});

it('gives nothing for an empty answer', async () => {
  await answering(200, '');
  await expect(get()).resolves.toBeUndefined();
});

it.each([
  [400, 'FAILED_PRECONDITION'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [409, 'ALREADY_EXISTS'],
  [500, 'FAILED_PRECONDITION'],
  [501, 'UNIMPLEMENTED'],
  [503, 'FAILED_PRECONDITION'],
])('status %i is %s', async (status, code) => {
  await answering(status, '{"message":"no such luck"}');
  await expect(get()).rejects.toMatchObject({ code, message: 'no such luck' });
});

it('knows an update that came too late by its text, as every client of Docker does', async () => {
  await answering(500, '{"message":"rpc error: code = Unknown desc = update out of sequence"}');
  await expect(get()).rejects.toMatchObject({ code: 'ABORTED' });
});

it('strips what a terminal would act upon from a refusal', async () => {
  await answering(400, JSON.stringify({ message: 'bad\u001b[2J name\u0007\nsecond line' }));
  await expect(get()).rejects.toMatchObject({ message: 'bad name\nsecond line' });
});

it('says so when a refusal says nothing', async () => {
  await answering(502, '');
  await expect(get()).rejects.toMatchObject({ message: 'the manager answered with status 502 and no explanation' });
});

it('says so when something else answers', async () => {
  await answering(200, '<html>');
  await expect(get()).rejects.toMatchObject({
    code: 'INTERNAL',
    message: expect.stringContaining("does not speak Docker's API"),
  });
});

describe('without a manager', () => {
  it('names the address, how it was chosen and what to do', async () => {
    await expect(get()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(
        /unix:\/\/.*m\.sock: there is no such socket\n\(address: from --host\)\nIs the manager running on this host\?/,
      ),
    });
  });

  it('says when nobody listens', async () => {
    client = new ManagerClient(chooseAddress({ host: 'tcp://127.0.0.1:1' }, {}));
    await expect(get()).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('nobody listens there') });
  });

  it('does not wait for an answer for ever', async () => {
    server = createServer(() => undefined);
    await new Promise<void>((resolve) => server?.listen(`${folder}/m.sock`, resolve));
    await expect(client.send({ method: 'GET', path: '/', timeoutMs: 20 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('no answer within 0.02 s'),
    });
  });

  it('says when the connection is cut', async () => {
    server = createServer((request) => request.socket.destroy());
    await new Promise<void>((resolve) => server?.listen(`${folder}/m.sock`, resolve));
    await expect(get()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('the connection was cut'),
    });
  });
});
