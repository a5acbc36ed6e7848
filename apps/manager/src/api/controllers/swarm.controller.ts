import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from '../http/exchange';
import { delay, monotonicMs } from '#common/concurrency';
import { DomainError } from '#common/errors';
import { SwarmInitRequest, SwarmJoinRequest, SwarmSpec, SwarmUnlockRequest } from '#common/proto';
import { decodeJson } from '#common/wire';
import { NodeCommands } from '../commands/node-commands';
import { untilViewHas } from '../commands/until-view-has';
import { clusterDescription, nodeIdBeside } from '../describe-host';
import { readOptionalJsonBody } from '../http/json-body';
import { queryFlag, queryOf, queryVersion } from '../http/query';
import { sendEmpty, sendJson } from '../http/send';
import { requireCluster, STORE_UNREACHABLE } from '../http/store-synced.guard';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';

/** An agent that waits for a cluster tries once a second. */
const LOCAL_NODE_TIMEOUT_MS = 5_000;
const LOOK_AGAIN_MS = 50;

/** The cluster as a whole: made, shown, changed, left. */
@Controller('swarm')
export class SwarmController {
  constructor(
    @Inject(API_DEPENDENCIES) private readonly api: ApiDependencies,
    private readonly nodes: NodeCommands,
  ) {}

  @Get()
  inspect(@Res() response: Response): void {
    this.requireStore();
    const { host, membership } = this.api;
    const cluster = requireCluster(this.api);
    const { worker, manager } = membership.tokens();
    const tokens = { Worker: worker, Manager: manager };
    sendJson(response, 200, { ...clusterDescription(host, cluster, membership.trust()), JoinTokens: tokens });
  }

  @Post('init')
  async init(@Req() request: Request, @Res() response: Response): Promise<void> {
    this.requireStore();
    const body = (await readOptionalJsonBody(request)) ?? {};
    const wanted = SwarmInitRequest.fromJSON(decodeJson('SwarmInitRequest', body));
    const { host, store, membership } = this.api;
    if (wanted.forceNewCluster && store.view.cluster()) requireCluster(this.api);
    else await membership.init(wanted);
    const nodeId = await this.localNode();
    if (nodeId !== undefined && wanted.availability !== '') await this.nodes.setAvailability(nodeId, wanted.availability);
    sendJson(response, 200, nodeId ?? host.managerId);
  }

  @Post('join')
  async join(@Req() request: Request, @Res() response: Response): Promise<void> {
    this.requireStore();
    const body = (await readOptionalJsonBody(request)) ?? {};
    await this.api.membership.join(SwarmJoinRequest.fromJSON(decodeJson('SwarmJoinRequest', body)));
    sendEmpty(response);
  }

  @Post('leave')
  async leave(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { membership } = this.api;
    if (!membership.hasJoined()) this.requireStore();
    await membership.leave(queryFlag(queryOf(request), 'force'));
    sendEmpty(response);
  }

  @Post('update')
  async update(@Req() request: Request, @Res() response: Response): Promise<void> {
    this.requireStore();
    const query = queryOf(request);
    const spec = SwarmSpec.fromJSON(decodeJson('SwarmSpec', (await readOptionalJsonBody(request)) ?? {}));
    const version = queryVersion(query, 'swarm');
    requireCluster(this.api);
    await untilViewHas(this.api.store, version);
    await this.api.membership.update(version, spec, {
      workerToken: queryFlag(query, 'rotateWorkerToken'),
      managerToken: queryFlag(query, 'rotateManagerToken'),
      managerUnlockKey: queryFlag(query, 'rotateManagerUnlockKey'),
    });
    sendEmpty(response);
  }

  @Get('unlockkey')
  unlockKey(@Res() response: Response): void {
    this.requireStore();
    requireCluster(this.api);
    sendJson(response, 200, { UnlockKey: this.api.membership.unlockKey() });
  }

  @Post('unlock')
  async unlock(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { membership } = this.api;
    const body = (await readOptionalJsonBody(request)) ?? {};
    const { unlockKey } = SwarmUnlockRequest.fromJSON(decodeJson('SwarmUnlockRequest', body));
    if (membership.standing() !== 'locked') {
      this.requireStore();
      requireCluster(this.api);
    }
    membership.unlock(unlockKey);
    sendEmpty(response);
  }

  /** A worker has none. */
  private requireStore(): void {
    const { store, membership } = this.api;
    if (membership.standing() !== 'worker' && !store.isSynced()) throw new DomainError('UNAVAILABLE', STORE_UNREACHABLE);
  }

  /** The node beside this manager, once its agent has become part of the cluster; undefined where there is none. */
  private async localNode(): Promise<string | undefined> {
    const { host, store } = this.api;
    const patience = AbortSignal.timeout(LOCAL_NODE_TIMEOUT_MS);
    const deadline = monotonicMs() + LOCAL_NODE_TIMEOUT_MS;
    while (nodeIdBeside(store.view, host.address) === undefined && monotonicMs() < deadline) await delay(LOOK_AGAIN_MS, patience);
    return nodeIdBeside(store.view, host.address);
  }
}
