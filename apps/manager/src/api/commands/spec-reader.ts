import { choosePorts } from '#common/domain';
import type { DomainError } from '#common/errors';
import { ServiceEndpoint, ServiceSpec, type Service } from '#common/proto';
import type { Guard } from '#common/store';
import { decodeJson } from '#common/wire';
import { completeSpec } from '../defaults';
import type { ApiStore } from '../ports';
import { validatePortsAreFree } from '../validate/endpoint';
import { alreadyExists } from '../validate/api-errors';
import { validateServiceSpec } from '../validate/validate-service';
import { randomName } from './random-name';
import { guardsOfNetworks, resolveNetworks } from './resolve-networks';
import { guardsOfPayloads, requirePayloads } from './resolve-payloads';

/** Makes a service's spec out of what a client sent, and checks it against what else there is in the cluster. */
export class SpecReader {
  constructor(private readonly store: ApiStore) {}

  /**
   * The spec, checked and complete.
   * @param body parsed JSON @param prepare what is to be done to the spec first
   * @throws DomainError INVALID_ARGUMENT · NOT_FOUND a network · UNIMPLEMENTED
   */
  read(body: unknown, prepare = (spec: ServiceSpec): ServiceSpec => spec): ServiceSpec {
    const given = prepare(ServiceSpec.fromJSON(decodeJson('ServiceSpec', body)));
    validateServiceSpec(given);
    return completeSpec(this.resolved(given));
  }

  /** A random name that no service has. */
  unusedName(): string {
    let name = randomName();
    while (this.store.view.serviceByName(name)) name = randomName();
    return name;
  }

  /** @throws DomainError ALREADY_EXISTS the name · INVALID_ARGUMENT a port */
  refuseTaken(spec: ServiceSpec): void {
    if (this.store.view.serviceByName(spec.name)) throw nameTaken(spec.name);
    validatePortsAreFree(spec.endpointSpec, () => this.store.view.services());
  }

  /** What has come in between, if it was a port that somebody else took, or something that the spec names and somebody removed. */
  whyRefused(spec: ServiceSpec, before: Service | undefined): Error | undefined {
    try {
      validatePortsAreFree(spec.endpointSpec, () => this.store.view.services().filter(({ id }) => id !== before?.id));
      this.resolved(spec);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  /** What is published, with ports that are chosen here. */
  endpointOf(spec: ServiceSpec, before: Service | undefined): ServiceEndpoint {
    const { view } = this.store;
    const ports = choosePorts(spec.endpointSpec, before?.endpoint?.ports ?? [], (protocol, port) => {
      const owner = view.publishedPortOwner(protocol, port);
      return owner !== undefined && owner !== before?.id;
    });
    return ServiceEndpoint.fromPartial({ ports });
  }

  private resolved(spec: ServiceSpec): ServiceSpec {
    requirePayloads(spec.taskTemplate?.containerSpec, this.store.view);
    return resolveNetworks(spec, this.store.view);
  }
}

/** Fails when something that the spec names has been removed. */
export function guardsOfReferences(spec: ServiceSpec): Guard[] {
  return [...guardsOfNetworks(spec), ...guardsOfPayloads(spec.taskTemplate?.containerSpec)];
}

export function nameTaken(name: string): DomainError {
  return alreadyExists(`name conflicts with an existing object: service ${name} already exists`);
}
