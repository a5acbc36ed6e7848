import { AlarmAction, AlarmType, type Etcd3 } from 'etcd3';
import { isCode } from '../errors';
import { endingAfter } from '../grpc';
import { translated } from './etcd-error';
import type { Revision } from './object-store';

/** A compaction waits until the history is out of the database, and others' requests go on meanwhile. */
const COMPACT_TIMEOUT_MS = 30_000;
/** A member answers nobody while it is defragmented: up to 60 ms for each MiB that is in use, where the machine is busy. */
const DEFRAGMENT_TIMEOUT_MS = 60_000;
/** How a member words the alarm. */
const NO_SPACE = /alarm:\s*NOSPACE/;

/** How much of its database a member uses. */
export interface MemberSpace {
  readonly memberId: string;
  readonly isLeader: boolean;
  /** Bytes of its file: what etcd holds against its quota. */
  readonly sizeBytes: number;
  /** Bytes of it that hold something: the rest is used again, or given back by defragmenting. */
  readonly inUseBytes: number;
  /** Ids of members for which the alarm NOSPACE is raised: puts are refused until it is disarmed. */
  readonly full: readonly string[];
  /** How far the member has come. */
  readonly revision: Revision;
}

/** One host's client, for the few calls that are about a member itself. */
interface Member {
  readonly client: Etcd3;
  memberId: string | undefined;
}

/** What keeps etcd's members in shape. Every call has a deadline. */
export class EtcdMaintenance {
  private readonly members: readonly Member[];

  /** @param clients one for each host; two may lead to the same member */
  constructor(clients: readonly Etcd3[]) {
    this.members = clients.map((client) => ({ client, memberId: undefined }));
  }

  /** Every member that answers, each once. @returns also how many hosts gave no answer */
  async space(): Promise<{ members: MemberSpace[]; silent: number }> {
    const answers = await Promise.allSettled(this.members.map((member) => this.spaceOf(member)));
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const members = [...new Map(found.map((space) => [space.memberId, space])).values()];
    return { members, silent: answers.length - found.length };
  }

  /**
   * Drops the history before a revision: whoever watches from further back has to list anew. May be done again.
   * @throws DomainError UNAVAILABLE · DEADLINE_EXCEEDED it may go on
   */
  async compact(revision: Revision): Promise<void> {
    const request = { revision: String(revision), physical: true };
    const call = endingAfter(COMPACT_TIMEOUT_MS);
    await translated('compact', () => this.any().kv.compact(request, call)).catch((error: unknown) => {
      if (!isCode(error, 'COMPACTED')) throw error;
    });
  }

  /** Gives a member's unused space back. It answers nobody meanwhile. @throws DomainError UNAVAILABLE · DEADLINE_EXCEEDED it may go on */
  async defragment(memberId: string): Promise<void> {
    const member = this.members.find((each) => each.memberId === memberId);
    const call = endingAfter(DEFRAGMENT_TIMEOUT_MS);
    if (member) await translated('defragment', () => member.client.maintenance.defragment(call));
  }

  /** Lets etcd take puts again; it raises the alarm anew if there is no space. @throws DomainError UNAVAILABLE · DEADLINE_EXCEEDED */
  async disarm(memberId: string): Promise<void> {
    const request = { action: AlarmAction.Deactivate, memberID: memberId, alarm: AlarmType.Nospace };
    await translated('disarm', () => this.any().maintenance.alarm(request));
  }

  close(): void {
    for (const { client } of this.members) client.close();
  }

  private async spaceOf(member: Member): Promise<MemberSpace> {
    const status = await translated('status', () => member.client.maintenance.status());
    const memberId = status.header.member_id;
    member.memberId = memberId;
    return {
      memberId,
      isLeader: status.leader === memberId,
      sizeBytes: Number(status.dbSize),
      inUseBytes: Number(status.dbSizeInUse),
      full: status.errors.filter((text) => NO_SPACE.test(text)).flatMap((text) => /memberID:\s*(\d+)/.exec(text)?.[1] ?? []),
      revision: Number(status.header.revision),
    };
  }

  /** A member that has answered of late; the first one before any has. */
  private any(): Etcd3 {
    const member = this.members.find(({ memberId }) => memberId !== undefined) ?? this.members[0];
    return (member as Member).client;
  }
}
