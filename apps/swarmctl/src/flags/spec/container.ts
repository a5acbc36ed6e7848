import { taggedImage } from '#common/domain';
import type { ContainerSpec, Ulimit } from '#common/proto';
import type { CreateFlags } from '../tables/create-flags';
import type { UpdateFlags } from '../tables/update-flags';
import { changedCapabilities } from './capabilities';
import { changedDns } from './dns';
import { changedEnvironment, newEnvironment } from './environment';
import {
  changedConfigs,
  changedMounts,
  changedPrivileges,
  changedSecrets,
  credentialConfig,
  newConfigs,
  newMounts,
  newSecrets,
} from './files';
import { changedHealthcheck, newHealthcheck } from './health';
import { changedHosts } from './hosts';
import { itself, sortedBy, withAdded, without } from './list-edits';
import { changedNameValues, newNameValues } from './name-values';
import type { Surroundings } from './surroundings';

const nameOf = (ulimit: Ulimit): string => ulimit.name;

/** The container of a new service. `words` follow the image's entrypoint. */
export function newContainer(
  image: string,
  words: readonly string[],
  flags: CreateFlags,
  surroundings: Surroundings,
): ContainerSpec {
  const capabilities = changedCapabilities({ add: [], drop: [] }, flags);
  return {
    image: taggedImage(image),
    labels: newNameValues(flags.containerLabel),
    command: flags.entrypoint ?? [],
    args: [...words],
    hostname: flags.hostname ?? '',
    env: newEnvironment(flags.env, surroundings),
    dir: flags.workdir ?? '',
    user: flags.user ?? '',
    groups: flags.group ?? [],
    privileges: changedPrivileges(undefined, flags.credentialSpec, surroundings),
    // Always said, as docker does: silence would leave it to each engine's own setting.
    init: flags.init ?? false,
    stopSignal: flags.stopSignal ?? '',
    tty: flags.tty ?? false,
    openStdin: false,
    readOnly: flags.readOnly ?? false,
    mounts: newMounts(flags.mount, surroundings),
    stopGracePeriod: flags.stopGracePeriod,
    healthcheck: newHealthcheck(flags),
    hosts: flags.host ?? [],
    dnsConfig: { nameservers: flags.dns ?? [], search: flags.dnsSearch ?? [], options: flags.dnsOption ?? [] },
    secrets: newSecrets(flags.secret, surroundings),
    configs: [...newConfigs(flags.config, surroundings), ...credentialConfig(flags.credentialSpec, surroundings)],
    isolation: flags.isolation ?? '',
    sysctls: newNameValues(flags.sysctl),
    capabilityAdd: [...capabilities.add],
    capabilityDrop: [...capabilities.drop],
    ulimits: sortedBy(withAdded([], flags.ulimit, nameOf), nameOf),
    oomScoreAdj: flags.oomScoreAdj ?? 0,
  };
}

function changedGroups(current: string[], { groupAdd, groupRm }: UpdateFlags): string[] {
  if (!groupAdd && !groupRm) return current;
  return sortedBy(without(withAdded(current, groupAdd, itself), groupRm, itself), itself);
}

function changedUlimits(current: Ulimit[], { ulimitAdd, ulimitRm }: UpdateFlags): Ulimit[] {
  if (!ulimitAdd && !ulimitRm) return current;
  return sortedBy(withAdded(without(current, ulimitRm, nameOf), ulimitAdd, nameOf), nameOf);
}

function changedCapabilityLists(
  current: ContainerSpec,
  flags: UpdateFlags,
): Pick<ContainerSpec, 'capabilityAdd' | 'capabilityDrop'> {
  if (!flags.capAdd && !flags.capDrop) return current;
  const { add, drop } = changedCapabilities({ add: current.capabilityAdd, drop: current.capabilityDrop }, flags);
  return { capabilityAdd: [...add], capabilityDrop: [...drop] };
}

/** The scalar properties: a flag that is given replaces what was there. */
function changedProcess(current: ContainerSpec, flags: UpdateFlags): Partial<ContainerSpec> {
  return {
    image: flags.image === undefined ? current.image : taggedImage(flags.image),
    command: flags.entrypoint ?? current.command,
    args: flags.args ?? current.args,
    hostname: flags.hostname ?? current.hostname,
    dir: flags.workdir ?? current.dir,
    user: flags.user ?? current.user,
    init: flags.init ?? current.init,
    stopSignal: flags.stopSignal ?? current.stopSignal,
    tty: flags.tty ?? current.tty,
    readOnly: flags.readOnly ?? current.readOnly,
    stopGracePeriod: flags.stopGracePeriod ?? current.stopGracePeriod,
    isolation: flags.isolation ?? current.isolation,
    oomScoreAdj: flags.oomScoreAdj ?? current.oomScoreAdj,
  };
}

/** Applies every flag that is about the container. */
export function changedContainer(current: ContainerSpec, flags: UpdateFlags, surroundings: Surroundings): ContainerSpec {
  const { capabilityAdd, capabilityDrop } = changedCapabilityLists(current, flags);
  return {
    ...current,
    ...changedProcess(current, flags),
    labels: changedNameValues(current.labels, flags.containerLabelAdd, flags.containerLabelRm),
    env: changedEnvironment(current.env, { added: flags.envAdd, removed: flags.envRm }, surroundings.shell),
    groups: changedGroups(current.groups, flags),
    privileges: changedPrivileges(current.privileges, flags.credentialSpec, surroundings),
    mounts: changedMounts(current.mounts, flags, surroundings),
    healthcheck: changedHealthcheck(current.healthcheck, flags),
    hosts: changedHosts(current.hosts, flags),
    dnsConfig: changedDns(current.dnsConfig, flags),
    secrets: changedSecrets(current.secrets, flags, surroundings),
    configs: changedConfigs(current.configs, flags, surroundings),
    sysctls: changedNameValues(current.sysctls, flags.sysctlAdd, flags.sysctlRm),
    ulimits: changedUlimits(current.ulimits, flags),
    capabilityAdd,
    capabilityDrop,
  };
}
