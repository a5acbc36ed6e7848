import { ServiceSpec } from '#common/proto';
import { completeSpec, withDefaults } from './defaults';
import stockServices from './testing/recorded/stock-services.json';

const specs = stockServices.map(({ sent }) => ({ name: sent.Name, spec: ServiceSpec.fromJSON(sent) }));

describe('completing a spec', () => {
  it.each(specs)('changes nothing the second time ($name)', ({ spec }) => {
    const once = completeSpec(spec);
    expect(completeSpec(once)).toEqual(once);
  });

  it.each(specs)('is not undone by writing the defaults out ($name)', ({ spec }) => {
    const written = withDefaults(completeSpec(spec));
    expect(completeSpec(written)).toEqual(written);
  });

  it('moves networks of old clients to where nodes look for them', () => {
    const spec = completeSpec(ServiceSpec.fromJSON({ Networks: [{ Target: 'host' }], TaskTemplate: { ContainerSpec: {} } }));
    expect(spec.networks).toEqual([]);
    expect(spec.taskTemplate?.networks.map(({ target }) => target)).toEqual(['host']);
  });

  it('keeps the networks of the task when there are both', () => {
    const spec = completeSpec(
      ServiceSpec.fromJSON({
        Networks: [{ Target: 'bridge' }],
        TaskTemplate: { ContainerSpec: {}, Networks: [{ Target: 'host' }] },
      }),
    );
    expect(spec.taskTemplate?.networks.map(({ target }) => target)).toEqual(['host']);
  });

  it('keeps zero replicas apart from none given', () => {
    const replicas = (json: object) => completeSpec(ServiceSpec.fromJSON(json)).mode?.replicated?.replicas;
    expect(replicas({ Mode: { Replicated: { Replicas: 0 } } })).toBe(0);
    expect(replicas({ Mode: { Replicated: {} } })).toBe(1);
    expect(replicas({})).toBe(1);
  });
});
