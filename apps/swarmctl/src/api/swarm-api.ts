import type { ManagerClient } from '../client';
import { asObject, asText, type JsonObject } from '../json-values';

/** What a new cluster is to be like; what is not said is as in Docker. */
export interface NewSwarm {
  readonly addressPools?: readonly string[];
  readonly subnetSize?: number;
  readonly spec: JsonObject;
}

/** What a change of the cluster can make anew. */
type Rotation = 'rotateWorkerToken' | 'rotateManagerToken' | 'rotateManagerUnlockKey';

/** Requests about the cluster as a whole. Errors are those of `ManagerClient.send`. */
export class SwarmApi {
  constructor(private readonly client: ManagerClient) {}

  /** As the API has it. */
  async get(): Promise<JsonObject> {
    return asObject(await this.client.send({ method: 'GET', path: '/swarm' }));
  }

  /** @returns the id of the manager's node */
  async init({ addressPools, subnetSize, spec }: NewSwarm): Promise<string> {
    const body = {
      ListenAddr: '0.0.0.0:2377',
      Spec: spec,
      ...(addressPools === undefined ? {} : { DefaultAddrPool: addressPools }),
      ...(subnetSize === undefined ? {} : { SubnetSize: subnetSize }),
    };
    return String(await this.client.send({ method: 'POST', path: '/swarm/init', body }));
  }

  /** Changes the spec, and makes what is named anew. */
  async update(change: (spec: JsonObject) => JsonObject, rotate?: Rotation): Promise<void> {
    const { Version, Spec } = await this.get();
    const query = { version: String(asObject(Version).Index), ...(rotate === undefined ? {} : { [rotate]: '1' }) };
    await this.client.send({ method: 'POST', path: '/swarm/update', query, body: change(asObject(Spec)) });
  }

  /** Asks the manager to join the cluster of another one. */
  async join(address: string, token: string): Promise<void> {
    await this.client.send({ method: 'POST', path: '/swarm/join', body: { RemoteAddrs: [address], JoinToken: token } });
  }

  /** @returns the key that unlocks managers after a restart; empty when they are not locked */
  async unlockKey(): Promise<string> {
    return asText(asObject(await this.client.send({ method: 'GET', path: '/swarm/unlockkey' })).UnlockKey);
  }

  async unlock(key: string): Promise<void> {
    await this.client.send({ method: 'POST', path: '/swarm/unlock', body: { UnlockKey: key } });
  }

  async leave(force: boolean): Promise<void> {
    await this.client.send({ method: 'POST', path: '/swarm/leave', query: { force: force ? '1' : undefined } });
  }
}
