import type { ComposeService } from './model';
import type { Place } from './place';

type Services = Readonly<Record<string, ComposeService>>;

/** A way that leads from a service back to it; undefined when there is none. */
function findCircle(services: Services): readonly string[] | undefined {
  const done = new Set<string>();
  const walk = (name: string, chain: readonly string[]): readonly string[] | undefined => {
    if (chain.includes(name)) return [...chain.slice(chain.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const next of Object.keys(services[name]?.depends_on ?? {})) {
      const circle = walk(next, [...chain, name]);
      if (circle) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of Object.keys(services)) {
    const circle = walk(name, []);
    if (circle) return circle;
  }
  return undefined;
}

/** @throws DomainError INVALID_ARGUMENT when services depend on each other in a circle */
export function requireNoCircle(services: Services, place: Place): void {
  const circle = findCircle(services);
  if (circle) throw place.at('services', circle[0] ?? '', 'depends_on').error(`leads back to itself: ${circle.join(' → ')}`);
}

/** Names in an order in which each comes after all that it depends on; there is no circle. */
export function inDependencyOrder(services: Services): string[] {
  const ordered = new Set<string>();
  const add = (name: string): void => {
    if (ordered.has(name)) return;
    Object.keys(services[name]?.depends_on ?? {}).forEach(add);
    ordered.add(name);
  };
  Object.keys(services).sort().forEach(add);
  return [...ordered];
}
