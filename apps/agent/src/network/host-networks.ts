import { isDeepStrictEqual } from 'node:util';
import { delay, supervise } from '#common/concurrency';
import type { NetworkChanges } from '#common/dispatcher-proto';
import { isIpv4Address, isIpv6, macOfAddress, parseInterfaceName, parseIpAddress, withoutPrefix } from '#common/domain';
import { DomainError, messageOf } from '#common/errors';
import type { NetworkProblem, Task } from '#common/proto';
import type { EngineAttachment, NetworkHost } from '../executor/overlay-engine';
import { WakeSignal } from '../worker/wake-signal';
import { ignoreRefusal } from '#common/packet-filter';
import type { HostNetworkParts } from './host-network-parts';
import { KernelLinks, vxlanOf } from './kernel-links';
import { applyNetworkChanges, NO_NETWORKS, type NetworkState } from './network-state';
import { NO_RULES, TABLE, toRules } from './nft-rules';
import { replacement, type Ruleset } from '#common/nft';
import { Troubles } from './network-troubles';
import { toOverlayLinks, type OverlayLink } from './overlay-link';
import { Shortcuts } from './shortcuts/shortcuts';

/** After a pass that failed. */
const RETRY_MS = 1_000;
/** How often it is looked whether the tunnel of encrypted networks is still there; until it is, nothing of theirs is sent. */
const TUNNEL_LOOK_MS = 2_000;
/** A tunnel that cannot be given its key is tried again with every pass; the others are told all the same. */
const KEY_PATIENCE_MS = 10_000;
/** A network whose containers are still ending is removed soon after; a port that was taken may be free. */
const REMOVE_RETRY_MS = 2_000;
/** A container that was asked where it is answers within a millisecond. */
const PORT_RETRY_MS = 100;
/** How often it is looked whether the engine or the host's owner has put rules in another order. */
const FORWARD_LOOK_MS = 5_000;
/** As toOverlayLinks names them. */
const OUR_BRIDGE = /^sc[0-9a-f]+$/;
/** How long a task waits for its networks before it says why they are not there. */
const ATTACH_PATIENCE_MS = 10_000;

/**
 * Makes the host's networks what the managers told: an engine network per overlay, its VXLAN, its neighbours, the rules. Level-based:
 * each pass compares the newest state with what was applied; a pass that fails is repeated.
 */
export class HostNetworks implements NetworkHost {
  private current: NetworkState = NO_NETWORKS;
  private ready = new Map<string, OverlayLink>();
  /** The state that the host has. */
  private applied: NetworkState | undefined;
  private problem = '';
  /** What cannot be had of what was told: of networks, and of the rest. */
  problems: readonly NetworkProblem[] = [];
  private leftovers = false;
  private hasNames = true;
  /** A container was started since the bridges' ports were looked at. */
  private hasNewPorts = true;
  private readonly news = new WakeSignal();
  private readonly passed = new Set<() => void>();
  private readonly links: KernelLinks;
  private readonly shortcuts: Shortcuts;
  /** A container's port has yet to be found. */
  private hasUnknownPorts = false;
  /** The rules that are there, if that is known; without a ruleset there are none. */
  private rules: { readonly ruleset: Ruleset | undefined } | undefined;
  /** Into which bridges connections are let; unknown at first. */
  private forwarded: string | undefined;
  /** Which networks there were when the engine was last asked for others. */
  private settled: string | undefined;

  constructor(private readonly parts: HostNetworkParts) {
    this.links = new KernelLinks(parts.commands);
    this.shortcuts = new Shortcuts(parts.host.nodeId, parts.commands, parts.logger);
  }

  /** The newest state, for those who answer questions from it. */
  get state(): NetworkState {
    return this.current;
  }

  /** Takes what a manager told. */
  apply(changes: NetworkChanges): void {
    this.current = applyNetworkChanges(this.current, changes);
    this.parts.file.save(this.current);
    supervise(this.parts.logger, 'base rules', this.parts.told(this.current));
    this.news.wake();
  }

  /** The engine is back, or its networks may have changed. */
  look(): void {
    this.rules = undefined;
    this.forwarded = undefined;
    this.links.suspect();
    this.shortcuts.suspect();
    this.parts.tunnel.suspect();
    this.hasNewPorts = true;
    this.ready.clear();
    this.settled = undefined;
    this.news.wake();
  }

  /** Interfaces or addresses of the host are others. */
  hostMoved(): void {
    this.news.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.current = await this.parts.file.load();
    await this.parts.told(this.current);
    supervise(this.parts.logger, 'order of forwarding rules', this.keepForwarding(signal));
    signal.addEventListener('abort', () => this.news.wake(), { once: true });
    signal.addEventListener('abort', () => this.parts.proxies.close(), { once: true });
    signal.addEventListener('abort', () => this.parts.names.close(), { once: true });
    while (!signal.aborted) {
      const state = this.current;
      const isDone = await this.pass(state);
      for (const listener of [...this.passed]) listener();
      if (signal.aborted) return;
      if (!isDone) await this.news.wait(RETRY_MS);
      else if (this.current === state) await this.news.wait(this.restMs());
    }
  }

  /** Resolves when the tunnel of encrypted networks has this public key, when the signal aborts, or after a while. */
  async untilKeyIsUsed(publicKey: string, signal: AbortSignal): Promise<void> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(KEY_PATIENCE_MS)]);
    this.news.wake();
    while (!this.parts.tunnel.isUsing(publicKey) && !deadline.aborted) await this.nextPass(deadline);
  }

  /** Whether there are encrypted networks here. */
  get isEncrypting(): boolean {
    return [...this.ready.values()].some(({ isEncrypted }) => isEncrypted);
  }

  /** Resolves when the host has what was told until now, or when the signal aborts. */
  async untilApplied(signal: AbortSignal): Promise<void> {
    const told = this.current;
    let isNewer = false;
    // A later state holds what this one did.
    while (this.applied !== told && !isNewer && !signal.aborted) {
      await this.nextPass(signal);
      isNewer = this.current !== told && this.applied === this.current;
    }
  }

  async attach(task: Task, signal: AbortSignal): Promise<readonly EngineAttachment[]> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(ATTACH_PATIENCE_MS)]);
    const missing = (): boolean => task.networksAttachments.some(({ network }) => !this.ready.has(network?.id ?? ''));
    while (missing() && !deadline.aborted) await this.nextPass(deadline);
    signal.throwIfAborted();
    return task.networksAttachments.map(({ network, addresses }) => {
      const link = this.ready.get(network?.id ?? '');
      if (!link) throw new DomainError('UNAVAILABLE', `network ${network?.spec?.name ?? ''} is not ready here: ${this.reason()}`);
      const own = addresses.flatMap((each) => parseIpAddress(withoutPrefix(each)) ?? []);
      const address = own.find(isIpv4Address);
      if (address === undefined)
        throw new DomainError('INVALID_ARGUMENT', `network ${link.name}: the task has no IPv4 address there`);
      const { engineName: engineNetwork, gateway, isIngress: isDefaultRoute } = link;
      return { engineNetwork, address, ipv6Address: own.find(isIpv6), mac: macOfAddress(address), gateway, isDefaultRoute };
    });
  }

  started({ networksAttachments }: Task): void {
    if (networksAttachments.length === 0) return;
    this.hasNewPorts = true;
    this.news.wake();
  }

  isCalled({ serviceId, networksAttachments }: Task): boolean {
    return networksAttachments.length > 0 && this.current.services.has(serviceId);
  }

  /** When to look again although there is no news. */
  private restMs(): number | undefined {
    if (this.hasUnknownPorts) return PORT_RETRY_MS;
    if (this.leftovers || !this.hasNames) return REMOVE_RETRY_MS;
    return this.isEncrypting ? TUNNEL_LOOK_MS : undefined;
  }

  private reason(): string {
    return this.problem || 'no manager has told of it';
  }

  private nextPass(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.passed.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.passed.add(done);
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  }

  /**
   * One network's failure is that network's alone: whatever else can be made is made.
   * @returns whether everything is as it is to be
   */
  private async pass(state: NetworkState): Promise<boolean> {
    const { host, tunnel, proxies, names } = this.parts;
    const troubles = new Troubles(state);
    try {
      const wanted = toOverlayLinks(state, host);
      this.hasNames = await names.follow(state);
      if (wanted.length > 0) await this.links.prepareHost();
      const present = await this.ensureEngineNetworks(await this.withTunnel(state, wanted, troubles), troubles);
      const { unmade, incomplete } = await this.links.apply(wanted.filter(({ networkId }) => present.has(networkId)));
      for (const [link, reason] of [...unmade, ...incomplete]) troubles.of(link, reason);
      const made = wanted.filter((link) => present.has(link.networkId) && !unmade.has(link));
      const ports = await this.lookAtPorts(made);
      const uplinks = this.parts.uplinks();
      await this.applyRules(state.networks.size > 0 ? toRules(state, made, { ...host, uplinks }) : undefined);
      await troubles.tried(() => this.acceptForwarded(made), undefined);
      this.ready = new Map(made.map((link) => [link.networkId, link]));
      await this.removeOthers(new Set(state.networks.keys()));
      // Not before the last encrypted network is gone: what it sent would find another way.
      if (!wanted.some(({ isEncrypted }) => isEncrypted) && !this.leftovers) await tunnel.remove();
      this.hasUnknownPorts = await troubles.tried(() => this.shortcuts.apply(state, made, ports), false);
      const ingress = made.find(({ isIngress }) => isIngress)?.networkId;
      await troubles.tried(() => proxies.apply(state, ingress), undefined);
    } catch (error) {
      troubles.general(messageOf(error));
    }
    this.note(troubles);
    if (troubles.isAny) return false;
    this.applied = state;
    return true;
  }

  /** Shows troubles where people look: in the log and, by the managers, at the node and the network. */
  private note(troubles: Troubles): void {
    const before = this.problems.map(({ networkId, problem }) => `${networkId} ${problem}`);
    this.problems = troubles.list;
    this.problem = troubles.reason;
    const fresh = this.problems.filter(({ networkId, problem }) => !before.includes(`${networkId} ${problem}`));
    for (const { networkId, problem: reason } of fresh)
      this.parts.logger.warn({ networkId, reason }, 'a network of this host is not as it is to be');
    if (fresh.length > 0 || before.length > this.problems.length) this.parts.onProblems();
  }

  /** @returns the links that can be made: without the tunnel, none of the encrypted ones */
  private async withTunnel(
    state: NetworkState,
    links: readonly OverlayLink[],
    troubles: Troubles,
  ): Promise<readonly OverlayLink[]> {
    const encrypted = links.filter(({ isEncrypted }) => isEncrypted);
    if (encrypted.length === 0) return links;
    try {
      await this.parts.tunnel.apply(state, encrypted);
      return links;
    } catch (error) {
      for (const link of encrypted) troubles.of(link, messageOf(error));
      return links.filter(({ isEncrypted }) => !isEncrypted);
    }
  }

  /** @returns ids of the networks that the engine has now */
  private async ensureEngineNetworks(links: readonly OverlayLink[], troubles: Troubles): Promise<ReadonlySet<string>> {
    const made = new Set<string>();
    for (const link of links) {
      if (this.ready.has(link.networkId)) {
        made.add(link.networkId);
        continue;
      }
      const { engineName: name, networkId, bridge, subnet, gateway, ipv6, mtu, isInternal: internal } = link;
      try {
        await this.parts.engine.ensureNetwork({ name, networkId, bridge, subnet, gateway, ipv6, mtu, internal });
        made.add(networkId);
      } catch (error) {
        troubles.of(link, messageOf(error));
      }
    }
    return made;
  }

  /** @returns devices of containers by bridge, when there may be others than before */
  private async lookAtPorts(links: readonly OverlayLink[]): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
    if (!this.hasNewPorts) return undefined;
    this.hasNewPorts = false;
    return this.links.reflectPorts(links);
  }

  /** Also without networks: nothing of earlier ones is to be left. */
  private async acceptForwarded(links: readonly OverlayLink[]): Promise<void> {
    const bridges = links.map(({ bridge, ipv6 }) => bridge + (ipv6 ? ' ipv6' : '')).join();
    if (bridges === this.forwarded) return;
    this.forwarded = undefined;
    const accepting = this.links.acceptForwarded(links);
    await (links.length > 0 ? accepting : accepting.catch(ignoreRefusal));
    this.forwarded = bridges;
  }

  private async keepForwarding(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(FORWARD_LOOK_MS, signal);
      if (signal.aborted || this.ready.size === 0) continue;
      await this.links.acceptForwardedAgain().catch((error: unknown) => {
        this.parts.logger.warn({ reason: messageOf(error) }, 'the order of forwarding rules could not be looked at, will retry');
      });
    }
  }

  private async applyRules(ruleset: Ruleset | undefined): Promise<void> {
    const before = this.rules;
    if (before && isDeepStrictEqual(before.ruleset, ruleset)) return;
    // What is there when this fails is found out by replacing all of it.
    this.rules = undefined;
    await this.parts.commands.run('nft', ['-f', '-'], ruleset ? replacement(TABLE, ruleset, before?.ruleset) : NO_RULES);
    this.rules = { ruleset };
  }

  /** Networks that are wanted no more go as soon as no container is on them. */
  private async removeOthers(wanted: ReadonlySet<string>): Promise<void> {
    const ids = [...wanted].sort().join();
    if (ids === this.settled && !this.leftovers) return;
    this.leftovers = false;
    for (const [networkId, { name, bridge }] of await this.parts.engine.listNetworks()) {
      if (wanted.has(networkId)) continue;
      try {
        await this.parts.engine.removeNetwork(name);
        const device = parseInterfaceName(bridge);
        // Of any other name it was not made here.
        if (device === undefined || !OUR_BRIDGE.test(device)) continue;
        await this.links.forget(device);
        await this.shortcuts.forget({ bridge: device, vxlan: vxlanOf(device) });
      } catch (error) {
        this.leftovers = true;
        this.parts.logger.debug({ network: name, reason: messageOf(error) }, 'a network is still in use, will be removed later');
      }
    }
    this.settled = ids;
  }
}
