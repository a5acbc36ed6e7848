import type { Service } from '#common/proto';
import { createSpec, type CreateRequest } from '../../flags/spec/create-spec';
import { conflict } from '../../flags/spec/surroundings';
import { updateSpec } from '../../flags/spec/update-spec';
import type { UpdateFlags } from '../../flags/tables/update-flags';
import type { Tools } from '../command';
import { specOf, type Change } from './change-service';
import { pinImage, type PinnedSpec } from './pin-image';
import { surroundingsOfCreate, surroundingsOfUpdate } from './surroundings';

// With --rollback these may still be given: they are about this command, not about the service.
const ABOUT_THE_COMMAND = ['rollback', 'detach', 'quiet', 'timeout', 'format'];

/** The spec that the words of a create ask for. @throws DomainError NOT_FOUND · INVALID_ARGUMENT */
export async function wantedByCreate(tools: Tools, request: CreateRequest): Promise<PinnedSpec> {
  const { flags } = request;
  return pinImage(tools, createSpec(request, await surroundingsOfCreate(tools, flags)), flags);
}

/** What the flags of an update make of a service. @throws DomainError NOT_FOUND · INVALID_ARGUMENT */
export async function wantedByUpdate(tools: Tools, flags: UpdateFlags): Promise<(service: Service) => Promise<Change>> {
  if (flags.rollback) {
    const other = Object.keys(flags).find((name) => !ABOUT_THE_COMMAND.includes(name));
    if (other !== undefined) throw conflict('--rollback takes no other flag that changes the service');
    return async (service) => ({ spec: specOf(service), rollback: true });
  }
  const surroundings = await surroundingsOfUpdate(tools, flags);
  return (service) => {
    const spec = updateSpec(specOf(service), flags, surroundings);
    // An image that nobody spoke of keeps the digest that it was pinned to.
    return pinImage(tools, spec, { ...flags, noResolveImage: flags.noResolveImage || flags.image === undefined });
  };
}
