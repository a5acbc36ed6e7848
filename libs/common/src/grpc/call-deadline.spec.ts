import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type ServiceError,
  type handleUnaryCall,
} from '@grpc/grpc-js';
import { eventually } from '../testing';
import { endingAfter } from './call-deadline';

const HOUR = 3_600_000;
const asIs = (bytes: Buffer): Buffer => bytes;
const METHOD = '/test.Test/ask';

describe('a call that ends after a time', () => {
  let server: Server;
  let client: Client;
  /** Calls that the server has, and how it answers one. */
  let waiting: (() => void)[];
  let cancelled: number;
  beforeEach(async () => {
    [waiting, cancelled] = [[], 0];
    const ask: handleUnaryCall<Buffer, Buffer> = (call, done) => {
      waiting.push(() => done(null, call.request));
      call.on('cancelled', () => cancelled++);
    };
    const how = { requestStream: false, responseStream: false } as const;
    const codec = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
    server = new Server();
    server.addService({ ask: { path: METHOD, ...how, ...codec } }, { ask });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  });
  afterEach(() => {
    jest.restoreAllMocks();
    client.close();
    server.forceShutdown();
  });

  const setClock = (jump: number): void => {
    const realNow = Date.now;
    jest.spyOn(Date, 'now').mockImplementation(() => realNow() + jump);
  };
  const call = (timeoutMs: number, to = client): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, reply?: Buffer): void => (error ? reject(error) : resolve(reply as Buffer));
      to.makeUnaryRequest(METHOD, asIs, asIs, Buffer.from('x'), new Metadata(), endingAfter(timeoutMs), done);
    });

  it.each([0, HOUR, -HOUR, 400 * 24 * HOUR])(
    'takes an answer that comes in time when the clock is set by %d ms',
    async (jump) => {
      const answer = call(30_000);
      setClock(jump);
      await eventually(() => waiting.length === 1, { reason: 'the server has the call' });
      waiting[0]?.();
      await expect(answer).resolves.toEqual(Buffer.from('x'));
    },
  );

  it.each([0, HOUR, -HOUR, 400 * 24 * HOUR])('ends in time, for the server too, when the clock is set by %d ms', async (jump) => {
    const startedAt = performance.now();
    const answer = call(200);
    setClock(jump);
    await expect(answer).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(performance.now() - startedAt).toBeGreaterThan(190);
    await eventually(() => cancelled === waiting.length, { reason: 'the server knows' });
  });

  it.each([HOUR, -HOUR])('ends in time while nobody answers at the address, when the clock is set by %d ms', async (jump) => {
    const nobody = new Client('127.0.0.1:9', credentials.createInsecure());
    const answer = call(200, nobody);
    setClock(jump);
    await expect(answer).rejects.toMatchObject({ code: expect.any(Number) as number });
    nobody.close();
  });
});
