import { ServiceSpec } from '#common/proto';
import { warningsFor } from './warnings';

const warnings = (json: object) => warningsFor(ServiceSpec.fromJSON(json));
const container = (fields: object) => ({ TaskTemplate: { ContainerSpec: fields } });

describe('a client is warned', () => {
  it.each([
    [
      'of an ingress port',
      { EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 8080 }] } },
      'port 80/tcp is not reachable',
    ],
    ['of a template in the hostname', container({ Hostname: '{{.Node.Hostname}}' }), 'templates'],
    ['of a template in the environment', container({ Env: ['A={{.Task.Slot}}'] }), 'templates'],
    ['of a template in a mount', container({ Mounts: [{ Source: '{{.Service.Name}}', Target: '/a' }] }), 'templates'],
  ])('%s', (_what, json, text) => {
    expect(warnings(json)).toEqual([expect.stringContaining(text)]);
  });

  it('of nothing else', () => {
    const plain = { ...container({ Env: ['A={}'] }), EndpointSpec: { Ports: [{ TargetPort: 80, PublishMode: 'host' }] } };
    expect(warnings(plain)).toEqual([]);
  });
});
