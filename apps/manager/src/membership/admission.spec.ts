import { createHash, randomBytes } from 'node:crypto';
import { credentials, Metadata, Server, ServerCredentials, status as GrpcStatus, type ServiceError } from '@grpc/grpc-js';
import { AdmissionClient, Ticket, type JoinReply, type JoinRequest } from '#common/dispatcher-proto';
import { DomainError } from '#common/errors';
import { endingAfter } from '#common/grpc';
import { newLeaveKey } from '#common/identity';
import { askToJoin, askToLeave } from './admission.client';
import { AdmissionServer, type AdmittingCluster } from './admission.server';
import { proofOf } from './join-proof';
import { newJoinSecret, toJoinToken } from './join-token';

const ROOT = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const DIGEST = createHash('sha256').update(ROOT).digest('hex');
const CLUSTER: AdmittingCluster = {
  rootCertificate: ROOT,
  workerSecret: newJoinSecret(randomBytes(16)),
  managerSecret: newJoinSecret(randomBytes(16)),
};
const tokenOf = (secret: string): string => toJoinToken(DIGEST, secret);
const MANAGERS = ['127.0.0.9:2378', '10.0.0.5:2378'];
/** This machine, by a name that does not look like loopback. */
const LOCAL = '[::ffff:127.0.0.1]';
const LEAVE_KEY = newLeaveKey();
/** Nobody listens there. */
const NOBODY = '127.0.0.1:1';

let server: Server;
let address: string;
let cluster: () => AdmittingCluster;
let leaving: Uint8Array[];
let letGo: () => void;

beforeEach(async () => {
  cluster = () => CLUSTER;
  leaving = [];
  letGo = () => undefined;
  server = new Server();
  new AdmissionServer({
    cluster: () => cluster(),
    ticketFor: (role) =>
      Promise.resolve(Ticket.fromPartial({ clusterId: 'c', isManager: role === 'manager', managerAddresses: MANAGERS })),
    letGo: (leaveKey) => {
      leaving.push(leaveKey);
      letGo();
    },
  }).addTo(server);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  address = `127.0.0.1:${port}`;
});
afterEach(() => server.forceShutdown());

describe('who asks to join', () => {
  it.each([
    ['worker', CLUSTER.workerSecret, false],
    ['manager', CLUSTER.managerSecret, true],
  ])("gets a %s's ticket for its token", async (_, secret, isManager) => {
    expect(await askToJoin([address], tokenOf(secret))).toMatchObject({ ticket: { clusterId: 'c', isManager } });
  });

  it('asks the next one when one does not answer', async () => {
    expect(await askToJoin([NOBODY, address], tokenOf(CLUSTER.workerSecret))).toMatchObject({ ticket: { clusterId: 'c' } });
  });

  it.each([
    ['by way of loopback, all that there are', () => address, ['127.0.0.9:2378', '10.0.0.5:2378']],
    ['by another way, those that are not on loopback', () => address.replace('127.0.0.1', LOCAL), ['10.0.0.5:2378']],
  ])('hears of the managers that it can reach: %s', async (_, from, others) => {
    expect((await askToJoin([from()], tokenOf(CLUSTER.workerSecret))).managers).toEqual([from(), ...others]);
  });

  it('hears of all when none answers', async () => {
    await expect(askToJoin([NOBODY], tokenOf(CLUSTER.workerSecret))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(NOBODY),
    });
  });

  it('is refused with the token of another secret', async () => {
    await expect(askToJoin([address], tokenOf(newJoinSecret(randomBytes(16))))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'rpc error: code = InvalidArgument desc = A valid join token is necessary to join this cluster',
    });
  });

  it('does not trust a manager that has another root certificate', async () => {
    const token = toJoinToken('0'.repeat(64), CLUSTER.workerSecret);
    await expect(askToJoin([address], token)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  });

  it('hears that there is no cluster', async () => {
    cluster = () => {
      throw new DomainError('UNAVAILABLE', 'This node is not part of a swarm');
    };
    await expect(askToJoin([address], tokenOf(CLUSTER.workerSecret))).rejects.toThrow('This node is not part of a swarm');
  });

  it.each([
    ['no proof', { nonce: Buffer.alloc(32), proof: Buffer.alloc(0) }],
    ['no secret', { nonce: Buffer.alloc(32), proof: proofOf('', Buffer.alloc(32)) }],
    ['no nonce', { nonce: Buffer.alloc(0), proof: proofOf(CLUSTER.workerSecret, Buffer.alloc(0)) }],
    ['a nonce that is too short', { nonce: Buffer.alloc(8), proof: proofOf(CLUSTER.workerSecret, Buffer.alloc(8)) }],
    ['a proof for another nonce', { nonce: Buffer.alloc(32), proof: proofOf(CLUSTER.workerSecret, Buffer.alloc(32, 1)) }],
    ['the secret itself', { nonce: Buffer.alloc(32), proof: Buffer.from(CLUSTER.workerSecret) }],
  ])('is refused with %s', async (_, request) => {
    expect(await refusal(request)).toMatchObject({ code: GrpcStatus.PERMISSION_DENIED });
  });
});

describe('who asks to leave', () => {
  it('shows the key that it was to leave with', async () => {
    await askToLeave([address], LEAVE_KEY);
    expect(leaving).toEqual([LEAVE_KEY]);
  });

  it.each(['NOT_FOUND', 'INVALID_ARGUMENT'] as const)('asks the next one after %s', async (code) => {
    letGo = () => {
      throw new DomainError(code, 'not here');
    };
    await expect(askToLeave([address, NOBODY], LEAVE_KEY)).rejects.toThrow('not here');
  });
});

function refusal(request: JoinRequest): Promise<ServiceError> {
  const client = new AdmissionClient(address, credentials.createInsecure());
  return new Promise<ServiceError>((resolve, reject) => {
    client.join(request, new Metadata(), endingAfter(5_000), (error, reply: JoinReply | undefined) =>
      error ? resolve(error) : reject(new Error(`admitted: ${JSON.stringify(reply)}`)),
    );
  }).finally(() => client.close());
}
