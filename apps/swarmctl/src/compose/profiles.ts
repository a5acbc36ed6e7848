import type { ComposeService } from './model';
import type { Place } from './place';

type Services = Readonly<Record<string, ComposeService>>;

/** All profiles at once. */
const EVERY = '*';

/**
 * Leaves the services that are in no profile or in one of those that are on.
 * @throws DomainError INVALID_ARGUMENT when one that is on depends on one that is off
 */
export function servicesOf(all: Services, profiles: readonly string[], place: Place): Services {
  const isOn = ({ profiles: own = [] }: ComposeService): boolean =>
    own.length === 0 || profiles.includes(EVERY) || own.some((profile) => profiles.includes(profile));
  const services = Object.entries(all).filter(([, service]) => isOn(service));
  const names = new Set(services.map(([name]) => name));
  return Object.fromEntries(
    services.map(([name, service]) => [name, withDependencies(service, names, all, place.at('services', name))]),
  );
}

/** Dependencies that need not be there are forgotten when they are not. */
function withDependencies(service: ComposeService, names: ReadonlySet<string>, all: Services, place: Place): ComposeService {
  if (!service.depends_on) return service;
  const kept = Object.entries(service.depends_on).filter(([name, { required }]) => {
    if (names.has(name)) return true;
    if (!required) return false;
    const off = all[name]?.profiles;
    const why = off ? `is in the profile ${off.join(', ')} only: give --profile ${off[0]}` : 'is not there';
    throw place.at('depends_on', name).error(`names a service that ${why}`);
  });
  return { ...service, depends_on: Object.fromEntries(kept) };
}
