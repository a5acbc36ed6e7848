import { OVERLAY_LABEL } from '#common/domain';
import { isCode } from '#common/errors';
import type { EngineNetwork, OverlayEngine } from '../overlay-engine';
import type { EngineClient } from './engine-client';
import type { NetworkInfo } from './engine-api';

const BRIDGE_OPTION = 'com.docker.network.bridge.name';
const MTU_OPTION = 'com.docker.network.driver.mtu';
const DEADLINE_MS = 30_000;

/** The OverlayEngine on a Docker engine: bridge networks with fixed names, addresses and devices. */
export class DockerNetworks implements OverlayEngine {
  constructor(private readonly engine: EngineClient) {}

  async ensureNetwork(network: EngineNetwork): Promise<void> {
    const known = (await this.listNetworks()).get(network.networkId);
    if (known?.name === network.name) return;
    const body = {
      Name: network.name,
      CheckDuplicate: true,
      Driver: 'bridge',
      Internal: network.internal,
      ...(network.ipv6 && { EnableIPv6: true }),
      IPAM: {
        Driver: 'default',
        Config: [network, ...(network.ipv6 ? [network.ipv6] : [])].map(({ subnet, gateway }) => ({
          Subnet: subnet,
          Gateway: gateway,
        })),
      },
      Options: { [BRIDGE_OPTION]: network.bridge, [MTU_OPTION]: String(network.mtu) },
      Labels: { [OVERLAY_LABEL]: network.networkId },
    };
    await this.engine.call('create network', DEADLINE_MS, (abortSignal) =>
      this.engine.unary.createNetwork({ _query: {}, _body: body, abortSignal }),
    );
  }

  async removeNetwork(name: string): Promise<void> {
    const network = this.engine.unary.getNetwork(encodeURIComponent(name));
    await this.engine
      .call('remove network', DEADLINE_MS, (abortSignal) => network.remove({ abortSignal }))
      .catch((error: unknown) => {
        if (!isCode(error, 'NOT_FOUND')) throw error;
      });
  }

  async listNetworks(): Promise<ReadonlyMap<string, EngineNetwork>> {
    const filters = { label: [OVERLAY_LABEL] };
    const listed = await this.engine.call('list networks', DEADLINE_MS, (abortSignal) =>
      this.engine.unary.listNetworks({ filters, abortSignal }),
    );
    return new Map(listed.map((info) => [info.Labels?.[OVERLAY_LABEL] ?? '', toEngineNetwork(info)]));
  }
}

function toEngineNetwork(info: NetworkInfo): EngineNetwork {
  const config = info.IPAM?.Config?.[0];
  return {
    name: info.Name ?? '',
    networkId: info.Labels?.[OVERLAY_LABEL] ?? '',
    bridge: info.Options?.[BRIDGE_OPTION] ?? '',
    subnet: config?.Subnet ?? '',
    gateway: config?.Gateway ?? '',
    mtu: Number(info.Options?.[MTU_OPTION] ?? 0),
    internal: info.Internal ?? false,
  };
}
