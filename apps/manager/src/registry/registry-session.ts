import type { RegistryLogin } from '#common/domain';
import { isCode } from '#common/errors';
import { VERSION } from '#common/version';
import { answerChallenge } from './authorization';
import { exchange, type ExchangeReply } from './exchange';
import { toRefusal } from './refusal';

export interface RegistrySessionOptions {
  /** `host` or `host:port`. */
  readonly host: string;
  /** Path of the image at the registry. */
  readonly repository: string;
  readonly login: RegistryLogin | undefined;
  /** Whether to do without TLS where the registry does not speak it, and without looking at certificates. */
  readonly insecure: boolean;
  readonly signal: AbortSignal;
  /** How long the answer to one request may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** Requests about one image: once the registry has said whom it wants to know, all further ones say so. */
export class RegistrySession {
  private authorization: string | undefined;
  private protocol: 'https:' | 'http:' = 'https:';

  constructor(private readonly options: RegistrySessionOptions) {}

  /**
   * Gets what is at this path below the image's.
   * @throws DomainError NOT_FOUND · UNAUTHENTICATED · PERMISSION_DENIED · RESOURCE_EXHAUSTED · UNAVAILABLE · DEADLINE_EXCEEDED
   */
  async get(path: string, accept: readonly string[]): Promise<ExchangeReply> {
    const { host } = this.options;
    let reply = await this.ask(path, accept);
    if (reply.status === 401 && this.authorization === undefined) {
      this.authorization = await this.authorize(reply.headers['www-authenticate'] ?? '');
      if (this.authorization !== undefined) reply = await this.ask(path, accept);
    }
    if (reply.status !== 200) throw toRefusal(reply.status, reply.body.toString('utf8'), host);
    return reply;
  }

  private async ask(path: string, accept: readonly string[]): Promise<ExchangeReply> {
    try {
      return await this.send(path, accept);
    } catch (error) {
      if (!this.options.insecure || this.protocol === 'http:' || !isCode(error, 'UNAVAILABLE')) throw error;
      this.protocol = 'http:';
      return this.send(path, accept);
    }
  }

  private send(path: string, accept: readonly string[]): Promise<ExchangeReply> {
    const { repository, insecure, signal, timeoutMs } = this.options;
    const url = new URL(`/v2/${repository}/${path}`, this.registry);
    const headers = {
      Accept: accept.join(', '),
      'User-Agent': `swarmctl/${VERSION}`,
      ...(this.authorization === undefined ? {} : { Authorization: this.authorization }),
    };
    return exchange({ url, headers, insecure, signal, timeoutMs });
  }

  private authorize(challenge: string): Promise<string | undefined> {
    return answerChallenge(challenge, { ...this.options, registry: this.registry });
  }

  private get registry(): URL {
    return new URL(`${this.protocol}//${this.options.host}`);
  }
}
