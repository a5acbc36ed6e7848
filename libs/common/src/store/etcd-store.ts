import { noop } from 'cockatiel';
import {
  Etcd3,
  type ICompare,
  type IKeyValue,
  type IMember,
  type IOptions,
  type IRangeRequest,
  type IRangeResponse,
  type IRequestOp,
  type ITxnRequest,
} from 'etcd3';

import { CHANNEL_OPTIONS, endingAfter } from '../grpc';
import { DomainError, isCode } from '../errors';
import { translated } from './etcd-error';
import { EtcdMaintenance } from './etcd-maintenance';
import { EtcdLease, type Lease } from './etcd-lease';
import { watchEtcd } from './etcd-watch';
import { MemberBreaker } from './member-breaker';
import type { Commit, Guard, ObjectStore, Revision, Stored, WatchBatch, Write } from './object-store';

/** etcd's default `--max-txn-ops`. */
const DEFAULT_MAX_OPERATIONS = 128;
/** Small enough that a page of large values stays below gRPC's 4 MiB default. */
const PAGE_SIZE = 256;
/** An API client is promised an answer within 2 s when etcd is away. */
const CALL_TIMEOUT_MS = 1_500;

const UNARY_CALL = endingAfter(CALL_TIMEOUT_MS);
/** PEM each. */
export interface EtcdTls {
  /** Authorities that sign for etcd's members. */
  readonly ca: string;
  /** What is shown to them, with its key; empty where they ask for none. */
  readonly certificate: string;
  readonly key: string;
}

export interface EtcdOptions {
  /** `http://host:port` or `https://host:port` of every member. */
  hosts: string[];
  /** For members with `https`; those that others sign for are told by the system's authorities. */
  tls?: EtcdTls | undefined;
  /** Everything of one cluster lives under this prefix, which ends with a slash. */
  prefix: string;
  maxOperations?: number;
}

/** `ObjectStore` over etcd3. Every call has a deadline; nothing is retried here, since only the caller knows whether it may be. */
export class EtcdStore implements ObjectStore {
  readonly maxOperations: number;
  private readonly prefix: string;
  private readonly client: Etcd3;
  /** What keeps the members in shape. */
  readonly maintenance: EtcdMaintenance;

  constructor(options: EtcdOptions) {
    this.prefix = options.prefix;
    this.maxOperations = options.maxOperations ?? DEFAULT_MAX_OPERATIONS;
    const connection: IOptions = {
      hosts: options.hosts,
      ...(options.tls && { credentials: credentialsOf(options.tls) }),
      grpcOptions: {
        ...CHANNEL_OPTIONS,
        // etcd hangs up on clients that ping without a call under way.
        'grpc.keepalive_permit_without_calls': 0,
        // etcd is trusted, and sends all that a watch has missed in one message.
        'grpc.max_receive_message_length': -1,
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.min_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 500,
      },
      defaultCallOptions: (context) => (context.isStream ? {} : UNARY_CALL),
      faultHandling: {
        global: noop,
        host: () => new MemberBreaker(),
      },
    };
    this.client = new Etcd3(connection);
    this.maintenance = new EtcdMaintenance(options.hosts.map((host) => new Etcd3({ ...connection, hosts: [host] })));
  }

  async list(prefix: string): Promise<{ objects: Stored[]; revision: Revision }> {
    const end = endOfPrefix(this.toEtcdKey(prefix));
    const objects: Stored[] = [];
    let key = this.toEtcdKey(prefix);
    let revision = 0;
    let limit = PAGE_SIZE;
    for (;;) {
      const page = await this.readPage({ key, range_end: end, limit, revision: String(revision) });
      if (page === 'too large') {
        limit = Math.ceil(limit / 4);
        continue;
      }
      revision ||= Number(page.header.revision);
      objects.push(...page.kvs.map((kv) => this.fromKeyValue(kv)));
      const last = page.kvs.at(-1);
      if (!page.more || !last) return { objects, revision };
      key = Buffer.concat([last.key, Buffer.from([0])]);
    }
  }

  watch(prefix: string, after: Revision, signal: AbortSignal): AsyncIterable<WatchBatch> {
    const key = this.toEtcdKey(prefix);
    return watchEtcd({
      client: this.client,
      range: { key, end: endOfPrefix(key) },
      after,
      signal,
      toStored: (kv) => this.fromKeyValue(kv),
    });
  }

  async commit(guards: Guard[], writes: Write[]): Promise<Revision> {
    const response = await translated('commit', () => this.client.kv.txn(this.toTransaction({ guards, writes })));
    if (!response.succeeded) throw refused();
    return Number(response.header.revision);
  }

  async commitAll(commits: readonly Commit[]): Promise<(Revision | DomainError)[]> {
    const success = commits.map((commit) => ({ request_txn: this.toTransaction(commit) }));
    const { header, responses } = await translated('commit', () => this.client.kv.txn({ compare: [], success, failure: [] }));
    return commits.map((_, index) => (responses[index]?.response_txn.succeeded ? Number(header.revision) : refused()));
  }

  /** @param ttlSeconds etcd counts whole seconds. */
  async grantLease(ttlSeconds: number): Promise<Lease> {
    const { ID } = await translated('lease grant', () => this.client.leaseClient.leaseGrant({ TTL: ttlSeconds }));
    return new EtcdLease(this.client.leaseClient, ID, CALL_TIMEOUT_MS);
  }

  /** URLs at which every member takes clients. @throws DomainError UNAVAILABLE · DEADLINE_EXCEEDED */
  async clientUrls(): Promise<string[]> {
    return (await this.members()).flatMap(({ clientURLs }) => clientURLs).filter((url) => URL.canParse(url));
  }

  /** `host:port` of every member, for clients and for other members. @throws DomainError UNAVAILABLE · DEADLINE_EXCEEDED */
  async memberAddresses(): Promise<string[]> {
    const urls = (await this.members()).flatMap(({ peerURLs, clientURLs }) => [...peerURLs, ...clientURLs]);
    return urls.filter((url) => URL.canParse(url)).map((url) => new URL(url).host);
  }

  close(): void {
    this.client.close();
    this.maintenance.close();
  }

  private async members(): Promise<IMember[]> {
    return (await translated('member list', () => this.client.cluster.memberList({}))).members;
  }

  /** etcd itself refuses to send a page beyond its own limit. */
  private async readPage(request: IRangeRequest & { limit: number }): Promise<IRangeResponse | 'too large'> {
    try {
      return await translated('list', () => this.client.kv.range(request));
    } catch (error) {
      if (request.limit > 1 && isCode(error, 'TOO_LARGE', 'RESOURCE_EXHAUSTED')) return 'too large';
      throw error;
    }
  }

  private toEtcdKey(key: string): Buffer {
    return Buffer.from(this.prefix + key);
  }

  private fromKeyValue(kv: IKeyValue): Stored {
    return {
      key: kv.key.toString().slice(this.prefix.length),
      value: kv.value,
      createRevision: Number(kv.create_revision),
      modRevision: Number(kv.mod_revision),
      isLeased: kv.lease !== '0',
    };
  }

  private toTransaction({ guards, writes }: Commit): ITxnRequest {
    return {
      compare: guards.map((guard) => this.toCompare(guard)),
      success: writes.map((write) => this.toOperation(write)),
      failure: [],
    };
  }

  private toCompare(guard: Guard): ICompare {
    const key = this.toEtcdKey(guard.key);
    if ('modRevision' in guard) return { key, target: 'Mod', result: 'Equal', mod_revision: String(guard.modRevision) };
    if ('createRevision' in guard) {
      return { key, target: 'Create', result: 'Equal', create_revision: String(guard.createRevision) };
    }
    return { key, target: 'Create', result: 'Greater', create_revision: '0' };
  }

  private toOperation(write: Write): IRequestOp {
    const key = this.toEtcdKey(write.key);
    if (write.kind === 'delete') return { request_delete_range: { key } };
    return { request_put: { key, value: Buffer.from(write.value), lease: write.lease ?? '0' } };
  }
}

function credentialsOf({ ca, certificate, key }: EtcdTls): NonNullable<IOptions['credentials']> {
  const own = certificate === '' ? {} : { certChain: Buffer.from(certificate), privateKey: Buffer.from(key) };
  return { rootCertificate: Buffer.from(ca), ...own };
}

function refused(): DomainError {
  return new DomainError('ABORTED', 'the object was changed by someone else; read it again and retry');
}

/** First key after every key that starts with `prefix`. */
function endOfPrefix(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  return end;
}
