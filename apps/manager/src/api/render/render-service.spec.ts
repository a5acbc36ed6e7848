import { Service, ServiceSpec, TaskSpec } from '#common/proto';
import { decodeJson } from '#common/wire';
import { completeSpec, withDefaults } from '../defaults';
import stockServices from '../testing/recorded/stock-services.json';
import stockUpdatedServices from '../testing/recorded/stock-updated-services.json';
import type { JsonObject } from './json-parts';
import { renderService, renderServiceWithDefaults, renderServiceWithStatus, serviceJson } from './render-service';
import { specJson } from './spec-json';

interface RecordedService {
  client: string;
  sent: JsonObject;
  inspected: { Spec: JsonObject };
  withDefaults: JsonObject;
}

const recorded = (stockServices as unknown as RecordedService[]).map((recording) => ({
  name: `${recording.client}: ${String(recording.sent.Name)}`,
  ...recording,
}));

/** The spec as it comes back from the store. */
function stored(sent: JsonObject): ServiceSpec {
  const spec = completeSpec(ServiceSpec.fromJSON(decodeJson('ServiceSpec', sent)));
  return ServiceSpec.decode(ServiceSpec.encode(spec).finish());
}

/** We name the endpoint mode even where the client was silent; Docker does not. */
function withEndpointMode(spec: JsonObject): JsonObject {
  return { ...spec, EndpointSpec: spec.EndpointSpec ?? { Mode: 'vip' } };
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('a spec that was sent to a stock Docker Swarm', () => {
  it.each(recorded)('reads back as from Swarm ($name)', ({ sent, inspected }) => {
    expect(asJson(specJson(stored(sent)))).toEqual(withEndpointMode(inspected.Spec));
  });

  it.each(recorded)('reads back with defaults as from Swarm ($name)', (recording) => {
    expect(asJson(specJson(withDefaults(stored(recording.sent))))).toEqual(withEndpointMode(recording.withDefaults));
  });

  it.each(recorded)('comes back unchanged when sent again ($name)', ({ inspected }) => {
    const first = specJson(stored(inspected.Spec));
    expect(specJson(stored(asJson(first) as JsonObject))).toEqual(first);
  });
});

describe('a service inspected from a stock Docker Swarm', () => {
  const services = (stockUpdatedServices as unknown as JsonObject[]).map((service, index) => ({ index, service }));

  it.each(services)('renders field by field the same ($index)', ({ service }) => {
    expect(asJson(serviceJson(Service.fromJSON(service)))).toEqual(service);
  });
});

describe('rendering a service', () => {
  const service = Service.fromPartial({
    id: 'service00000000000000000a',
    version: { index: 7 },
    spec: {
      name: 'web',
      mode: { replicated: { replicas: 2 } },
      taskTemplate: { containerSpec: { image: 'x', isolation: 'default' }, forceUpdate: 0, runtime: 'container' },
    },
  });

  it('gives empty labels and the zero time their place', () => {
    const json = JSON.parse(renderService(service));
    expect(json).toMatchObject({ CreatedAt: '0001-01-01T00:00:00Z', Spec: { Labels: {} }, Endpoint: { Spec: {} } });
    expect(json).not.toHaveProperty('PreviousSpec');
    expect(json).not.toHaveProperty('ServiceStatus');
  });

  it('adds the counts when they are asked for', () => {
    const json = JSON.parse(renderServiceWithStatus(service, { running: 1, desired: 2, completed: 3 }));
    expect(json).toEqual({
      ...JSON.parse(renderService(service)),
      ServiceStatus: { RunningTasks: 1, DesiredTasks: 2, CompletedTasks: 3 },
    });
  });

  it('writes defaults out only when they are asked for', () => {
    expect(JSON.parse(renderServiceWithDefaults(service)).Spec.RollbackConfig).toMatchObject({ Parallelism: 1, Monitor: 5e9 });
    expect(JSON.parse(renderService(service)).Spec).not.toHaveProperty('RollbackConfig');
  });

  it('prints the ratio that the client wrote', () => {
    const updateConfig = { failureAction: 'pause', maxFailureRatio: Math.fround(0.1) };
    expect(specJson(ServiceSpec.fromPartial({ updateConfig })).UpdateConfig).toMatchObject({ MaxFailureRatio: 0.1 });
  });

  it('does not tell what a message holds beyond the API', () => {
    const json = JSON.parse(
      renderService({ ...service, updateStatus: { ...Service.fromJSON({ UpdateStatus: {} }).updateStatus!, serviceVersion: 7 } }),
    );
    expect(Object.keys(json.UpdateStatus)).not.toContain('serviceVersion');
  });

  it('keeps a template without a container readable', () => {
    expect(specJson(ServiceSpec.fromPartial({ taskTemplate: TaskSpec.fromPartial({}) })).TaskTemplate).toEqual({});
  });
});
