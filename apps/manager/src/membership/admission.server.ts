import { timingSafeEqual } from 'node:crypto';
import type { sendUnaryData, Server, ServerUnaryCall } from '@grpc/grpc-js';
import {
  AdmissionService,
  Ticket,
  type JoinReply,
  type JoinRequest,
  type LeaveReply,
  type LeaveRequest,
} from '#common/dispatcher-proto';
import { DomainError } from '#common/errors';
import { grpcFailure } from '#common/grpc';
import { answerVault, proofOf } from './join-proof';

/** The place that a ticket is sealed for. */
export const TICKET = 'join-ticket';
const MIN_NONCE_BYTES = 16;

/** What the cluster says of itself to those who join. */
export interface AdmittingCluster {
  readonly rootCertificate: string;
  /** The secrets of its tokens. */
  readonly workerSecret: string;
  readonly managerSecret: string;
}

export interface AdmissionParts {
  /** @throws DomainError UNAVAILABLE there is none here, or it cannot be read now */
  readonly cluster: () => AdmittingCluster;
  /** @throws DomainError UNAVAILABLE · DEADLINE_EXCEEDED · FAILED_PRECONDITION */
  readonly ticketFor: (role: 'worker' | 'manager') => Promise<Ticket>;
  /** @throws DomainError INVALID_ARGUMENT · NOT_FOUND no agent with the lock of this key is connected here */
  readonly letGo: (leaveKey: Uint8Array) => void;
}

/** Admits other hosts to the cluster, and lets them go. */
export class AdmissionServer {
  constructor(private readonly parts: AdmissionParts) {}

  addTo(server: Server): void {
    server.addService(AdmissionService, {
      join: (call: ServerUnaryCall<JoinRequest, JoinReply>, answer: sendUnaryData<JoinReply>) =>
        reply(answer, () => this.join(call.request)),
      leave: (call: ServerUnaryCall<LeaveRequest, LeaveReply>, answer: sendUnaryData<LeaveReply>) =>
        reply(answer, () => Promise.resolve(this.parts.letGo(call.request.leaveKey) ?? {})),
    });
  }

  private async join({ nonce, proof }: JoinRequest): Promise<JoinReply> {
    const { rootCertificate, workerSecret, managerSecret } = this.parts.cluster();
    const knows = (secret: string): boolean => {
      const wanted = proofOf(secret, nonce);
      return secret !== '' && nonce.length >= MIN_NONCE_BYTES && proof.length === wanted.length && timingSafeEqual(wanted, proof);
    };
    const role = knows(managerSecret) ? 'manager' : 'worker';
    const secret = role === 'manager' ? managerSecret : workerSecret;
    if (!knows(secret)) throw new DomainError('PERMISSION_DENIED', 'A valid join token is necessary to join this cluster');
    const ticket = Ticket.encode(await this.parts.ticketFor(role)).finish();
    return { rootCertificate, ticket: answerVault(secret, nonce).seal(ticket, TICKET) };
  }
}

function reply<T>(answer: sendUnaryData<T>, work: () => Promise<T>): void {
  Promise.resolve()
    .then(work)
    .then(
      (value) => answer(null, value),
      (error: unknown) => answer(grpcFailure(error, 'INVALID_ARGUMENT', 'PERMISSION_DENIED', 'NOT_FOUND', 'FAILED_PRECONDITION')),
    );
}
