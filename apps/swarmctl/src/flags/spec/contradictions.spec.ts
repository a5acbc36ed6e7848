import { ServiceSpec } from '#common/proto';
import { refuseContradictions } from './contradictions';

const spec = (container: object, task: object = {}): ServiceSpec =>
  ServiceSpec.fromJSON({ Labels: { tier: 'gold' }, TaskTemplate: { ContainerSpec: { Image: 'x', ...container }, ...task } });
const resources = (fields: object): ServiceSpec => spec({}, { Resources: fields });
const tmpfs = (target: string) => ({ Type: 'tmpfs', Target: target });

describe('flags that contradict each other are refused by name', () => {
  it.each([
    [
      resources({ Limits: { MemoryBytes: 8 << 20 }, Reservations: { MemoryBytes: 16 << 20 } }),
      '--reserve-memory (16777216 bytes) is more than --limit-memory (8388608 bytes)',
    ],
    [resources({ Limits: { NanoCPUs: 1e9 }, Reservations: { NanoCPUs: 2e9 } }), '--reserve-cpu is more than --limit-cpu'],
    [resources({ SwapBytes: 1 }), '--memory-swap needs --limit-memory as well'],
    [spec({ Mounts: [tmpfs('/a'), tmpfs('/b'), tmpfs('/a')] }), '--mount: there are two at /a'],
    [
      spec({ Env: ['A={{.Node.Hostnam}}'] }),
      "--env A: template '{{.Node.Hostnam}}', character 8: there is no .Node.Hostnam; did you mean .Node.Hostname?",
    ],
    [spec({ Hostname: '{{.Task' }), "--hostname: template '{{.Task', character 1: the {{ is not followed by }}"],
    [spec({ Mounts: [{ Type: 'volume', Source: '{{foo}}', Target: '/a' }] }), "--mount /a Source: template '{{foo}}'"],
  ])('%#: %s', (given, message) => {
    expect(() => refuseContradictions(given)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
    );
  });
});

it.each([
  spec({ Env: ['A={{.Service.Labels.tier}}'], Hostname: '{{.Task.Slot}}', Mounts: [tmpfs('/a'), tmpfs('/b')] }),
  resources({ Limits: { MemoryBytes: 8 << 20 }, Reservations: { MemoryBytes: 8 << 20 }, SwapBytes: 1 }),
  resources({ Reservations: { MemoryBytes: 16 << 20, NanoCPUs: 1e9 }, SwapBytes: -1 }),
  ServiceSpec.fromJSON({}),
])('flags that go together are taken: %#', (given) => {
  expect(() => refuseContradictions(given)).not.toThrow();
});
