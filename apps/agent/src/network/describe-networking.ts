import { messageOf } from '#common/errors';
import { NodeNetworking } from '#common/proto';
import type { HostCommands } from './host-commands';

/** A command of each tool that changes nothing and works wherever the tool is of use. */
const PROBES = [
  ['ip', ['-V']],
  ['bridge', ['-V']],
  ['nft', ['list', 'tables']],
  ['iptables', ['-w', '-S', 'FORWARD']],
] as const;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** What the host can do for overlay networks. */
export async function describeNetworking(commands: HostCommands, address: string): Promise<NodeNetworking> {
  return NodeNetworking.fromPartial({
    overlayProblem: await overlayProblem(commands, address),
    encryptionProblem: 'this agent has no WireGuard',
  });
}

async function overlayProblem(commands: HostCommands, address: string): Promise<string> {
  if (!IPV4.test(address)) return `its address ${address} is not an IPv4 address`;
  for (const [tool, args] of PROBES) {
    try {
      await commands.run(tool, args);
    } catch (error) {
      return messageOf(error);
    }
  }
  return '';
}
