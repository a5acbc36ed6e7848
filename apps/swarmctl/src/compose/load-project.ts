import { ServiceFiles } from './environment';
import { requireNoCircle } from './dependency-order';
import { loadModel, type Sources } from './load-model';
import type { ComposeModel, ComposeService } from './model';
import type { Place } from './place';
import { servicesOf } from './profiles';
import type { LoadContext } from './read-layers';
import { requireReferences } from './references';
import { asTree, type Tree } from './tree';

/** The compose files of a stack, read and checked. */
export interface Project {
  readonly model: ComposeModel;
  /** To name places of the files in errors and warnings. */
  readonly place: Place;
  valueOf(name: string): string | undefined;
}

/** The schema and the long form vouch for what is in the sections. */
function toModel(tree: Tree): ComposeModel {
  const section = (name: string): never => asTree(tree[name]) as never;
  return {
    ...(typeof tree.name === 'string' ? { name: tree.name } : {}),
    services: section('services'),
    networks: section('networks'),
    volumes: section('volumes'),
    secrets: section('secrets'),
    configs: section('configs'),
  };
}

/**
 * Reads the compose files of a stack: merged, with the services of the profiles that are on, their variables filled in, and
 * everything that they name there.
 * @throws DomainError INVALID_ARGUMENT naming the file, the line and the key
 */
export async function loadProject(sources: Sources, profiles: readonly string[], context: LoadContext): Promise<Project> {
  const { tree, place, variables } = await loadModel(sources, context);
  const model = toModel(tree);
  const wanted = servicesOf(model.services, profiles, place);
  requireNoCircle(wanted, place);
  const files = new ServiceFiles(context, variables);
  const services: Record<string, ComposeService> = {};
  for (const [name, service] of Object.entries(wanted)) services[name] = await files.fillIn(service, place.at('services', name));
  const project = { model: { ...model, services }, place, valueOf: (name: string) => variables.valueOf(name) };
  requireReferences(project.model, place);
  return project;
}
