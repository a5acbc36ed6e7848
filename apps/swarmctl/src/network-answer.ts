import { asObject, asText, type JsonObject } from './json-values';

/** A network as people look at it. */
export interface NetworkAnswer {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly scope: string;
  readonly createdAt: string;
  readonly subnets: readonly { readonly subnet: string; readonly gateway: string }[];
  /** Of `attachable`, `ingress`, `internal`, those that hold. */
  readonly traits: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  /** Services with tasks on the network, with their virtual address and the tasks' places. */
  readonly services: readonly NetworkService[];
}

export interface NetworkService {
  readonly name: string;
  readonly virtualAddress: string;
  readonly tasks: readonly { readonly name: string; readonly address: string }[];
}

const listOf = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.map(asObject) : []);
const textsOf = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(asObject(value)).map(([name, text]) => [name, asText(text)]));

/** Reads what the API says of a network. */
export function toNetwork(raw: unknown): NetworkAnswer {
  const network = asObject(raw);
  const traits = { attachable: network.Attachable, ingress: network.Ingress, internal: network.Internal };
  return {
    id: asText(network.Id),
    name: asText(network.Name),
    driver: asText(network.Driver),
    scope: asText(network.Scope),
    createdAt: asText(network.Created),
    subnets: listOf(asObject(network.IPAM).Config).map(({ Subnet, Gateway }) => ({
      subnet: asText(Subnet),
      gateway: asText(Gateway),
    })),
    traits: Object.entries(traits).flatMap(([name, holds]) => (holds === true ? [name] : [])),
    labels: textsOf(network.Labels),
    options: textsOf(network.Options),
    services: Object.entries(asObject(network.Services)).map(([name, service]) => toService(name, asObject(service))),
  };
}

function toService(name: string, { VIP, Tasks }: JsonObject): NetworkService {
  const tasks = listOf(Tasks).map((task) => ({ name: asText(task.Name), address: asText(task.EndpointIP) }));
  return { name, virtualAddress: asText(VIP), tasks };
}
