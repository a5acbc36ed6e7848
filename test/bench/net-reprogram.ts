import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NetworkChanges } from '#common/dispatcher-proto';
import { createLogger } from '#common/logging';
import type { EngineNetwork, OverlayEngine } from '../../apps/agent/src/executor/overlay-engine';
import { hostCommands } from '#common/packet-filter';
import { HostNetworks } from '../../apps/agent/src/network/host-networks';
import { PortProxies } from '../../apps/agent/src/network/proxy/port-proxies';
import { WireguardKeys } from '../../apps/agent/src/network/wireguard/wireguard-keys';
import { WireguardTunnel } from '../../apps/agent/src/network/wireguard/wireguard-tunnel';
import { StateFile } from '../../apps/agent/src/network/state-file';

const ENDPOINTS = 1_000;
const PER_SERVICE = 20;
const NODES = ['10.99.1.1', '10.99.1.2', '10.99.1.3'];
const NETWORK = {
  id: 'bench',
  vxlanId: 0x10fff,
  spec: { name: 'bench', ingress: true, ipam: { config: [{ subnet: '10.98.0.0/16', gateway: '10.98.0.1' }] } },
};

/** In place of an engine, which would add its own time: makes the bridge that an engine would make, and nothing else. */
class BridgeOnlyEngine implements OverlayEngine {
  private readonly networks = new Map<string, EngineNetwork>();

  async ensureNetwork(network: EngineNetwork): Promise<void> {
    if (this.networks.has(network.networkId)) return;
    const commands = [`link add ${network.bridge} type bridge`, `address add ${network.gateway}/16 dev ${network.bridge}`];
    await hostCommands.run('ip', ['-batch', '-'], [...commands, `link set ${network.bridge} up`].join('\n'));
    this.networks.set(network.networkId, network);
  }

  async removeNetwork(name: string): Promise<void> {
    const found = [...this.networks.values()].find((network) => network.name === name);
    if (!found) return;
    await hostCommands.run('ip', ['link', 'delete', found.bridge]);
    this.networks.delete(found.networkId);
  }

  listNetworks(): Promise<ReadonlyMap<string, EngineNetwork>> {
    return Promise.resolve(this.networks);
  }
}

/** A thousand tasks, all on one node, fifty services with a virtual address each. */
function everythingOn(node: string): NetworkChanges {
  const addressOf = (index: number): string => `10.98.${4 + Math.floor(index / 250)}.${(index % 250) + 2}`;
  return NetworkChanges.fromPartial({
    complete: true,
    networks: [NETWORK],
    nodes: NODES.map((address) => ({ id: address, hostname: address, address })),
    services: Array.from({ length: ENDPOINTS / PER_SERVICE }, (_, index) => ({
      id: `s${index}`,
      name: `s${index}`,
      networks: [{ networkId: NETWORK.id, virtualAddresses: [`10.98.1.${index + 1}`] }],
      ports: [{ port: { protocol: 'tcp', targetPort: 80, publishedPort: 30_000 + index } }],
    })),
    endpoints: Array.from({ length: ENDPOINTS }, (_, index) => ({
      taskId: `t${index}`,
      serviceId: `s${index % (ENDPOINTS / PER_SERVICE)}`,
      nodeId: node,
      addresses: [{ networkId: NETWORK.id, address: addressOf(index) }],
      serving: true,
    })),
  });
}

/** To be run on a lab host: moves all tasks from one node to another and back, and prints how many milliseconds each move took. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
  const [own = '', first = '', second = ''] = NODES;
  const folder = mkdtempSync(join(tmpdir(), 'net-reprogram-'));
  const stopping = new AbortController();
  const logger = createLogger('bench', 'warn');
  const host = { nodeId: own, address: own };
  const keys = await WireguardKeys.load(folder, new Date());
  const networks = new HostNetworks({
    host,
    engine: new BridgeOnlyEngine(),
    commands: hostCommands,
    tunnel: new WireguardTunnel({ host, commands: hostCommands, keys, dataDir: folder }),
    proxies: new PortProxies(host, logger),
    names: { follow: () => Promise.resolve(true), close: () => undefined },
    file: new StateFile(folder, logger),
    uplinks: () => [],
    told: () => Promise.resolve(),
    onProblems: () => undefined,
    logger,
  });
  const running = networks.run(stopping.signal);
  const took: number[] = [];
  try {
    networks.apply(everythingOn(first));
    await networks.untilApplied(stopping.signal);
    for (let run = 0; run < Number(values.runs); run++) {
      const changes = everythingOn(run % 2 === 0 ? second : first);
      const startedAt = performance.now();
      networks.apply(changes);
      await networks.untilApplied(stopping.signal);
      took.push(performance.now() - startedAt);
    }
    networks.apply(NetworkChanges.fromPartial({ complete: true }));
    await networks.untilApplied(stopping.signal);
  } finally {
    stopping.abort();
    await running;
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${JSON.stringify(took)}\n`);
}

void main();
