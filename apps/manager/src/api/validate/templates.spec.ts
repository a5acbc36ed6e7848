import { ContainerSpec } from '#common/proto';
import { validateTemplates } from './templates';

const container = (fields: object): ContainerSpec => ContainerSpec.fromJSON({ Image: 'x', ...fields });
const volume = (fields: object) => ({ Mounts: [{ Type: 'volume', Target: '/data', ...fields }] });

describe('a template that no node could fill in is refused, with its place', () => {
  it.each([
    [
      { Env: ['A=1', 'B={{.Node.Foo}}'] },
      "ContainerSpec: Env B: template '{{.Node.Foo}}', character 8: there is no .Node.Foo; there are .Service.ID, .Service.Name, " +
        '.Service.Labels, .Node.ID, .Node.Hostname, .Node.Platform.Architecture, .Node.Platform.OS, .Task.ID, .Task.Name, .Task.Slot',
    ],
    [
      { Hostname: '{{.Task.Slto}}' },
      "ContainerSpec: Hostname: template '{{.Task.Slto}}', character 8: there is no .Task.Slto; did you mean .Task.Slot?",
    ],
    [
      volume({ Source: '{{.Task' }),
      "ContainerSpec: Mount /data Source: template '{{.Task', character 1: the {{ is not followed by }}",
    ],
    [
      { Mounts: [{ Target: '/{{foo}}' }] },
      "ContainerSpec: Mount /{{foo}} Target: template '/{{foo}}', character 4: function 'foo' not defined",
    ],
    [volume({ VolumeOptions: { Labels: { a: '{{.X}}' } } }), 'ContainerSpec: Mount /data volume label a: '],
    [
      volume({ VolumeOptions: { DriverConfig: { Options: { size: '{{.X}}' } } } }),
      'ContainerSpec: Mount /data volume option size: ',
    ],
    [{ Env: ['A={{.Service.Labels.none}}'] }, "there is no label 'none'"],
  ])('%j', (fields, message) => {
    expect(() => validateTemplates(container(fields), { tier: 'gold' })).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^rpc error: code = InvalidArgument desc = ContainerSpec: /),
      }),
    );
    expect(() => validateTemplates(container(fields), { tier: 'gold' })).toThrow(message);
  });
});

it.each([
  { Env: ['A={{.Node.Hostname}}', '{{.Unread}}=x', 'C'], Hostname: '{{.Service.Name}}-{{.Task.Slot}}' },
  { Env: ['A={{.Service.Labels.tier}}', 'B={{index .Service.Labels "none"}}'] },
  volume({ Source: 'data-{{.Task.Slot}}' }),
  { Args: ['{{.Not.One}}'], Labels: { a: '{{.Not.One}}' } },
])('what a node can fill in, and what is no template, is accepted: %j', (fields) => {
  expect(() => validateTemplates(container(fields), { tier: 'gold' })).not.toThrow();
});
