import { parseDuration } from '#common/domain';
import { ContainerSpec, Privileges, type HealthConfig, type Ulimit } from '#common/proto';
import type { ComposeService } from '../../compose/model';
import type { Place } from '../../compose/place';
import { parseHostEntry } from '../../flags/values/addresses';
import { parseCapability } from '../../flags/values/capability';
import { NAMESPACE_LABEL, objectName } from '../names';
import type { ConvertContext, ServicePlace } from './context';
import { toConfigs, toSecrets } from './files';
import { toMounts } from './mounts';
import { byText, plainValues } from './name-values';
import { securityPrivileges } from './security';

const NO_CHECK = 'NONE';
// What the manager writes into a spec that leaves it open: a spec that says so as well stays the same.
const DEFAULT_ISOLATION = 'default';

function toHealthcheck({ healthcheck }: ComposeService, place: Place): HealthConfig | undefined {
  if (!healthcheck) return undefined;
  const at = place.at('healthcheck');
  const { disable = false, test = [], retries = 0 } = healthcheck;
  const duration = (key: 'interval' | 'timeout' | 'start_period' | 'start_interval'): number =>
    healthcheck[key] === undefined ? 0 : at.at(key).read(healthcheck[key], parseDuration);
  if (disable && test.length > 0 && test[0] !== NO_CHECK) throw at.error('has a test, and is disabled');
  return {
    test: disable ? [NO_CHECK] : [...test],
    interval: duration('interval'),
    timeout: duration('timeout'),
    startPeriod: duration('start_period'),
    startInterval: duration('start_interval'),
    retries,
  };
}

function toHosts({ extra_hosts: hosts = {} }: ComposeService, place: Place): string[] {
  return Object.entries(hosts).flatMap(([name, addresses]) =>
    addresses.map((address) => place.at('extra_hosts', name).read(`${name}=${address}`, parseHostEntry)),
  );
}

function toUlimits({ ulimits = {} }: ComposeService): Ulimit[] {
  const limits = Object.entries(ulimits).map(([name, { soft, hard }]): Ulimit => ({ name, soft, hard }));
  return limits.sort(byText(({ name }) => name));
}

function toEnvironment({ environment = {} }: ComposeService): string[] {
  const variables = Object.entries(environment).map(([name, value]) => (value === null ? name : `${name}=${value}`));
  return variables.sort(byText((variable) => variable));
}

function toPrivileges(service: ComposeService, place: Place, { ids, stack, model }: ConvertContext): Privileges | undefined {
  const { credential_spec: spec, security_opt: options = [] } = service;
  const security = securityPrivileges(options, place.at('security_opt'));
  if (!spec) return security;
  const key = spec.config;
  const config = key === undefined ? '' : ids.config(objectName(stack, key, model.configs[key] ?? {}));
  const credentialSpec = { config, file: spec.file ?? '', registry: spec.registry ?? '' };
  return { ...(security ?? Privileges.fromPartial({})), credentialSpec };
}

/** The container of a service's tasks. @throws DomainError INVALID_ARGUMENT naming the place */
export function toContainer(service: ComposeService, { place }: ServicePlace, context: ConvertContext): ContainerSpec {
  const { stop_grace_period: grace, dns = [], dns_search: search = [], dns_opt: options = [] } = service;
  const capability = (key: 'cap_add' | 'cap_drop') => (text: string, index: number) =>
    place.at(key, index).read(text, parseCapability);
  return ContainerSpec.fromPartial({
    image: service.image ?? '',
    command: [...(service.entrypoint ?? [])],
    args: [...(service.command ?? [])],
    hostname: service.hostname ?? '',
    env: toEnvironment(service),
    labels: { ...plainValues(service.labels), [NAMESPACE_LABEL]: context.stack },
    dir: service.working_dir ?? '',
    user: service.user ?? '',
    groups: [...(service.group_add ?? [])],
    privileges: toPrivileges(service, place, context),
    init: service.init,
    stopSignal: service.stop_signal ?? '',
    stopGracePeriod: grace === undefined ? undefined : place.at('stop_grace_period').read(grace, parseDuration),
    tty: service.tty ?? false,
    openStdin: service.stdin_open ?? false,
    readOnly: service.read_only ?? false,
    mounts: toMounts(service, place, context),
    healthcheck: toHealthcheck(service, place),
    hosts: toHosts(service, place),
    dnsConfig:
      dns.length + search.length + options.length === 0
        ? undefined
        : { nameservers: [...dns], search: [...search], options: [...options] },
    secrets: toSecrets(service, context),
    configs: toConfigs(service, context),
    isolation: service.isolation ?? DEFAULT_ISOLATION,
    sysctls: plainValues(service.sysctls),
    capabilityAdd: (service.cap_add ?? []).map(capability('cap_add')),
    capabilityDrop: (service.cap_drop ?? []).map(capability('cap_drop')),
    ulimits: toUlimits(service),
    oomScoreAdj: service.oom_score_adj ?? 0,
  });
}
