import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NetworkChanges } from '#common/dispatcher-proto';
import { isCode, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { applyNetworkChanges, NO_NETWORKS, type NetworkState } from './network-state';

const FILE = 'networks';

/** The newest state on the agent's disk: a host goes on serving its networks when the agent starts while no manager can be reached. */
export class StateFile {
  private readonly path: string;
  private saving: Promise<void> = Promise.resolve();
  private unsaved: NetworkState | undefined;

  constructor(
    dataDir: string,
    private readonly logger: Logger,
  ) {
    this.path = join(dataDir, FILE);
  }

  /** What was saved last; nothing when there is no such file, or it cannot be read. */
  async load(): Promise<NetworkState> {
    try {
      return applyNetworkChanges(NO_NETWORKS, NetworkChanges.decode(await readFile(this.path)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !isCode(error, 'NOT_FOUND')) {
        this.logger.warn(
          { reason: messageOf(error), path: this.path },
          'the saved networks cannot be read; the managers will tell them',
        );
      }
      return NO_NETWORKS;
    }
  }

  /** Saves soon; of several states that come while one is written only the last is. */
  save(state: NetworkState): void {
    const isWriting = this.unsaved !== undefined;
    this.unsaved = state;
    if (!isWriting) this.saving = this.saving.then(() => this.write());
  }

  private async write(): Promise<void> {
    const state = this.unsaved;
    this.unsaved = undefined;
    if (!state) return;
    try {
      const temporary = `${this.path}.new`;
      await writeFile(temporary, NetworkChanges.encode(toChanges(state)).finish(), { mode: 0o600 });
      await rename(temporary, this.path);
    } catch (error) {
      this.logger.warn({ reason: messageOf(error), path: this.path }, 'the networks could not be saved');
    }
  }
}

function toChanges(state: NetworkState): NetworkChanges {
  return NetworkChanges.fromPartial({
    complete: true,
    networks: [...state.networks.values()],
    nodes: [...state.nodes.values()],
    services: [...state.services.values()],
    endpoints: [...state.endpoints.values()],
    controlPlane: state.controlPlane,
  });
}
