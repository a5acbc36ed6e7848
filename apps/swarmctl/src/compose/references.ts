import type { ComposeModel, ComposeService } from './model';
import type { Place, ValuePath } from './place';

/** What a service names in the other sections, and where. */
function namesIn(
  service: ComposeService,
): [section: 'networks' | 'volumes' | 'secrets' | 'configs', name: string, path: ValuePath][] {
  const files = (section: 'secrets' | 'configs'): [typeof section, string, ValuePath][] =>
    (service[section] ?? []).map(({ source }, index) => [section, source, [section, index]]);
  const volumes = (service.volumes ?? []).flatMap(({ type, source }, index): ['volumes', string, ValuePath][] =>
    type === 'volume' && source !== undefined ? [['volumes', source, ['volumes', index]]] : [],
  );
  const networks = Object.keys(service.networks ?? {})
    .filter((name) => name !== DEFAULT_NETWORK)
    .map((name): ['networks', string, ValuePath] => ['networks', name, ['networks', name]]);
  return [...networks, ...volumes, ...files('secrets'), ...files('configs')];
}

/** The network of services that name none; it need not be described. */
export const DEFAULT_NETWORK = 'default';

/** @throws DomainError INVALID_ARGUMENT for what a service names and the file does not describe */
export function requireReferences(model: ComposeModel, place: Place): void {
  for (const [name, service] of Object.entries(model.services)) {
    for (const [section, reference, path] of namesIn(service)) {
      if (Object.hasOwn(model[section], reference)) continue;
      throw place.at('services', name, ...path).error(`names ${reference}, which is not among the ${section} of the file`);
    }
  }
}
