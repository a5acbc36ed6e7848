import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removal } from '#common/nft';
import { baseTable } from '#common/packet-filter';
import { runCommand } from './run-command';

/** What the machine's own network gets for an engine that has no namespace, and where the former state is kept. */
export interface MachineNetwork {
  readonly bridge: string;
  readonly runDir: string;
}

/** How the machine's network was before its first engine, which takes the liberty to change it. */
interface FormerState {
  readonly forwardPolicy: string;
  readonly ipForward: string;
}

const STATE_FILE = 'former-network.json';
const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward';
const FORWARD_POLICY = /^:FORWARD (\w+)/m;
/** Every chain that Docker makes or jumps to. */
const DOCKER_CHAIN = /\bDOCKER/;
/** A bridge that Docker made for a network. */
const DOCKER_BRIDGE = /\bbr-[0-9a-f]{12}\b/;

/** Makes the engine's bridge. Where no engine has been before, keeps on disk what to restore afterwards. */
export async function prepareMachineNetwork({
  bridge,
  address,
  runDir,
}: MachineNetwork & { readonly address: string }): Promise<void> {
  const rules = await readRules();
  if (!DOCKER_CHAIN.test(rules)) {
    const former: FormerState = {
      forwardPolicy: FORWARD_POLICY.exec(rules)?.[1] ?? 'ACCEPT',
      ipForward: readFileSync(IP_FORWARD, 'utf8'),
    };
    writeFileSync(join(runDir, STATE_FILE), JSON.stringify(former));
  }
  await runCommand('ip', ['link', 'add', bridge, 'type', 'bridge']);
  await runCommand('ip', ['address', 'add', address, 'dev', bridge]);
  await runCommand('ip', ['link', 'set', bridge, 'up']);
}

/** Removes the bridge, and the engine's firewall rules unless another engine's were there first. Repeatable. */
export async function restoreMachineNetwork({ bridge, runDir }: MachineNetwork): Promise<void> {
  if (existsSync(`/sys/class/net/${bridge}`)) await runCommand('ip', ['link', 'delete', bridge]);
  const file = join(runDir, STATE_FILE);
  if (!existsSync(file)) return;
  const former = JSON.parse(readFileSync(file, 'utf8')) as FormerState;
  const rules = withoutEngineRules(await readRules(), { bridge, forwardPolicy: former.forwardPolicy });
  await runCommand('iptables-restore', [], { input: rules });
  writeFileSync(IP_FORWARD, former.ipForward);
}

/** Removes the base rules that agents and managers leave when they are killed. One that lives has them back within seconds. Repeatable. */
export async function removeBaseRules(): Promise<void> {
  const scripts = (['agent', 'manager'] as const).map((program) => removal(baseTable(program)));
  // Where there is no nft there are no rules either.
  await runCommand('nft', ['-f', '-'], { input: scripts.join('') }).catch(() => undefined);
}

/** What `iptables-save` printed, without what an engine added to it. */
export function withoutEngineRules(rules: string, { bridge, forwardPolicy }: { bridge: string; forwardPolicy: string }): string {
  const isEngines = (line: string) => DOCKER_CHAIN.test(line) || DOCKER_BRIDGE.test(line) || line.split(' ').includes(bridge);
  const kept = rules.split('\n').filter((line) => !isEngines(line));
  return kept.join('\n').replace(FORWARD_POLICY, `:FORWARD ${forwardPolicy}`);
}

async function readRules(): Promise<string> {
  return (await runCommand('iptables-save', [])).stdout;
}
