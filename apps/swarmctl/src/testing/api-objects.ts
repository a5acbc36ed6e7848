import type { ApiObject } from './fake-manager';

const TIME = '2026-01-01T00:00:00Z';

/** A service of the API: replicated, named web, unless told otherwise. */
export function aService(parts: ApiObject = {}): ApiObject {
  const spec = {
    Name: 'web',
    TaskTemplate: { ContainerSpec: { Image: 'nginx:1' } },
    Mode: { Replicated: { Replicas: 2 } },
    EndpointSpec: { Mode: 'vip' },
  };
  return { ID: 'web-id', Version: { Index: 5 }, CreatedAt: TIME, UpdatedAt: TIME, Spec: spec, ...parts };
}

/** A task of the service web: the first slot, running on the node n1-id, unless told otherwise. */
export function aTask(parts: ApiObject = {}, status: ApiObject = {}): ApiObject {
  return {
    ID: 'task-1',
    CreatedAt: TIME,
    ServiceID: 'web-id',
    Slot: 1,
    NodeID: 'n1-id',
    Spec: { ContainerSpec: { Image: 'nginx:1' } },
    Status: { Timestamp: TIME, State: 'running', ...status },
    DesiredState: 'running',
    ...parts,
  };
}

/** A node of the API: n1, a ready worker, unless told otherwise. */
export function aNode(parts: ApiObject = {}): ApiObject {
  return {
    ID: 'n1-id',
    Version: { Index: 9 },
    CreatedAt: TIME,
    Spec: { Role: 'worker', Availability: 'active', Labels: {} },
    Description: {
      Hostname: 'n1',
      Platform: { Architecture: 'x86_64', OS: 'linux' },
      Resources: { NanoCPUs: 2e9, MemoryBytes: 4 * 1024 ** 3 },
      Engine: { EngineVersion: '28.2.2' },
    },
    Status: { State: 'ready', Addr: '10.0.0.1' },
    ...parts,
  };
}
