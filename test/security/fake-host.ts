import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OverlayEngine } from '../../apps/agent/src/executor/overlay-engine';
import type { HostCommands, HostTool } from '#common/packet-filter';
import type { HostNetworkParts } from '../../apps/agent/src/network/host-network-parts';
import { HostNetworks } from '../../apps/agent/src/network/host-networks';
import type { NetworkState } from '../../apps/agent/src/network/network-state';
import type { HostIdentity } from '../../apps/agent/src/network/overlay-link';
import { PortProxies } from '../../apps/agent/src/network/proxy/port-proxies';
import { StateFile } from '../../apps/agent/src/network/state-file';
import { WireguardKeys } from '../../apps/agent/src/network/wireguard/wireguard-keys';
import { WireguardTunnel } from '../../apps/agent/src/network/wireguard/wireguard-tunnel';
import { requireParameter } from '#common/domain';
import { DomainError } from '#common/errors';
import type { Logger } from '#common/logging';

interface Run {
  readonly tool: HostTool;
  readonly args: readonly string[];
  readonly input: string;
}

/** Records what the tools would have been given, and can refuse some of it as the kernel would. */
export class FakeHostCommands implements HostCommands {
  runs: Run[] = [];
  /** Whether the kernel refuses a call. */
  refuses: (run: Run) => boolean = () => false;

  run(tool: HostTool, args: readonly string[], input = ''): Promise<string> {
    const run = { tool, args, input };
    this.runs.push(run);
    return this.refuses(run) ? Promise.reject(new DomainError('UNAVAILABLE', `${tool} failed: refused`)) : Promise.resolve('');
  }

  setParameter(path: string, value: string): Promise<void> {
    requireParameter(path, value);
    return Promise.resolve();
  }

  /** All that a tool was given, in lines. */
  linesOf(tool: HostTool): string[] {
    return this.runs.filter((run) => run.tool === tool).flatMap(({ input }) => input.split('\n'));
  }
}

/** The engine of a host without one: its networks are there at once, but for those of a name that it refuses. */
class FakeEngine implements OverlayEngine {
  constructor(private readonly refused: string) {}

  ensureNetwork({ name }: { readonly name: string }): Promise<void> {
    if (this.refused !== '' && name.includes(this.refused))
      return Promise.reject(new DomainError('UNAVAILABLE', 'the engine refuses it'));
    return Promise.resolve();
  }

  listNetworks(): ReturnType<OverlayEngine['listNetworks']> {
    return Promise.resolve(new Map());
  }

  removeNetwork(): Promise<void> {
    return Promise.resolve();
  }
}

/** Says after each pass that it has the key: whoever waits for that waits for one pass. */
class FakeTunnel extends WireguardTunnel {
  private asked = 0;

  override isUsing(): boolean {
    return this.asked++ % 2 === 1;
  }
}

/** An agent's networks on a host whose tools only record. */
export class FakeHost {
  readonly commands = new FakeHostCommands();

  private constructor(
    private readonly identity: HostIdentity,
    private readonly folder: string,
    private readonly keys: WireguardKeys,
    private readonly logger: Logger,
  ) {}

  static async start(identity: HostIdentity, logger: Logger): Promise<FakeHost> {
    const folder = await mkdtemp(join(tmpdir(), 'fake-host-'));
    return new FakeHost(identity, folder, await WireguardKeys.load(folder, new Date()), logger);
  }

  /** One pass over the state, as after an agent's start. @returns the networks, with what they could not do */
  async pass(state: NetworkState, refusedByEngine = ''): Promise<HostNetworks> {
    this.commands.runs = [];
    const { identity: host, commands, keys, folder: dataDir, logger } = this;
    const file = new StateFile(dataDir, logger);
    file.load = () => Promise.resolve(state);
    const tunnel = new FakeTunnel({ host, commands, keys, dataDir });
    const proxies = new PortProxies(host, logger);
    const parts: HostNetworkParts = {
      host,
      engine: new FakeEngine(refusedByEngine),
      commands,
      tunnel,
      proxies,
      names: { follow: () => Promise.resolve(true), close: () => undefined },
      file,
      uplinks: () => [],
      told: () => Promise.resolve(),
      onProblems: () => undefined,
      logger,
    };
    const networks = new HostNetworks(parts);
    const stopping = new AbortController();
    const running = networks.run(stopping.signal);
    await networks.untilKeyIsUsed('', stopping.signal);
    stopping.abort();
    await running;
    return networks;
  }

  stop(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
