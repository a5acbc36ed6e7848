import { access } from 'node:fs/promises';
import { parseIpv4Address, WIREGUARD_PORT } from '#common/domain';
import { messageOf } from '#common/errors';
import { NodeNetworking, NodeNetworking_IngressMode, type NetworkProblem } from '#common/proto';
import { ignoreRefusal, type HostCommands } from '#common/packet-filter';
import { wayBackProbe } from './nft-rules';
import type { KeyRing } from './wireguard/wireguard-keys';

/** A command of each tool that changes nothing and works wherever the tool is of use. */
const PROBES = [
  ['ip', ['-V']],
  ['bridge', ['-V']],
  ['nft', ['list', 'tables']],
  ['iptables', ['-w', '-S', 'FORWARD']],
] as const;
/** Made and removed again, to see whether the kernel can. */
const PROBE_DEVICE = 'swg-probe';
const CHOSEN = 'its agent was started with --ingress-mode masquerade';
const IPV6_ADDRESSES = '/proc/net/if_inet6';

/** How callers of published ports reach tasks of this host from others: see NodeNetworking.ingress_mode. */
export const INGRESS_MODES = ['transparent', 'masquerade'] as const;
export type IngressMode = (typeof INGRESS_MODES)[number];

/** What the host can do for overlay networks, but for its keys. */
export type HostAbilities = Pick<NodeNetworking, 'overlayProblem' | 'encryptionProblem' | 'ingressProblem'>;

/**
 * Finds out what the host can do for overlay networks.
 * @param wanted with masquerade, it is not asked whether more can be had
 */
export async function probeNetworking(commands: HostCommands, address: string, wanted: IngressMode): Promise<HostAbilities> {
  const problem = await overlayProblem(commands, address);
  return {
    overlayProblem: problem,
    encryptionProblem: problem || (await encryptionProblem(commands)),
    ingressProblem: wanted === 'masquerade' ? CHOSEN : problem || (await ingressProblem(commands)),
  };
}

/** What the managers, and by them the other nodes, are told of this host. */
export function describeNetworking(
  abilities: HostAbilities & Pick<NodeNetworking, 'filterProblem'>,
  { current, next }: KeyRing,
  problems: readonly NetworkProblem[],
): NodeNetworking {
  const keys = { wireguardKey: current.publicKey, nextWireguardKey: next?.publicKey ?? '', wireguardPort: WIREGUARD_PORT };
  const ingressMode = NodeNetworking_IngressMode[abilities.ingressProblem === '' ? 'transparent' : 'masquerade'];
  return NodeNetworking.fromPartial({
    ...abilities,
    ingressMode,
    problems: [...problems],
    ...(abilities.encryptionProblem === '' && keys),
  });
}

/** Answers find the way back by marks of connections, and routes that follow marks. */
async function ingressProblem(commands: HostCommands): Promise<string> {
  try {
    await commands.run('ip', ['rule', 'show']);
    await commands.run('nft', ['-f', '-'], wayBackProbe());
    return '';
  } catch (error) {
    return messageOf(error);
  }
}

async function overlayProblem(commands: HostCommands, address: string): Promise<string> {
  if (!parseIpv4Address(address)) return `its address ${address} is not an IPv4 address`;
  for (const [tool, args] of PROBES) {
    try {
      await commands.run(tool, args);
    } catch (error) {
      return messageOf(error);
    }
  }
  return '';
}

/** Encrypted networks need WireGuard, of the kernel or as a program, its tool, and IPv6 inside the tunnel. */
async function encryptionProblem(commands: HostCommands): Promise<string> {
  try {
    await commands.run('wg', ['--version']);
  } catch {
    return 'there is no wg: install wireguard-tools, and start the agent again';
  }
  if (!(await isPresent(IPV6_ADDRESSES))) return 'its kernel has no IPv6';
  if ((await kernelHasWireguard(commands)) || (await hasWireguardProgram(commands))) return '';
  return 'its kernel has no WireGuard, and there is no wireguard-go: install that, and start the agent again';
}

async function kernelHasWireguard(commands: HostCommands): Promise<boolean> {
  try {
    await commands.run('ip', ['link', 'add', PROBE_DEVICE, 'type', 'wireguard']);
  } catch {
    return false;
  }
  await commands.run('ip', ['link', 'del', PROBE_DEVICE]).catch(ignoreRefusal);
  return true;
}

async function hasWireguardProgram(commands: HostCommands): Promise<boolean> {
  try {
    await commands.run('wireguard-go', ['--version']);
  } catch {
    return false;
  }
  return isPresent('/dev/net/tun');
}

async function isPresent(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
