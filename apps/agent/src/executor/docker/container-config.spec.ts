import { aTask, CLUSTER_ID, NODE_ID, type TaskTraits } from '../../testing/a-task';
import { toCreateRequest } from './container-config';

const TASK_ID = '0123456789abcdefghijklmno';
const OLD = { clusterId: CLUSTER_ID, api: 41 };
const NEW = { clusterId: CLUSTER_ID, api: 51 };

/** What the engine gets to read: without what is undefined. */
const sent = (traits: TaskTraits, context = NEW) =>
  JSON.parse(JSON.stringify(toCreateRequest(aTask({ id: TASK_ID, ...traits }), context).body));
const processOf = (container: object) => {
  const { Entrypoint, Cmd } = sent({ container });
  return { Entrypoint, Cmd };
};

describe('the command', () => {
  it.each([
    { name: 'is the image’s own when the spec has none', spec: {}, body: {} },
    { name: 'replaces the entrypoint', spec: { Command: ['sleep', '1'] }, body: { Entrypoint: ['sleep', '1'] } },
    { name: 'goes to the image’s entrypoint when there are only arguments', spec: { Args: ['-v'] }, body: { Cmd: ['-v'] } },
    {
      name: 'is followed by its arguments',
      spec: { Command: ['sh'], Args: ['-c', 'x'] },
      body: { Entrypoint: ['sh'], Cmd: ['-c', 'x'] },
    },
  ])('$name', ({ spec, body }) => expect(processOf(spec)).toEqual(body));
});

describe('a field of the container spec', () => {
  it.each([
    [{ Env: ['A=1', 'B='] }, { Env: ['A=1', 'B='] }],
    [{ Dir: '/srv' }, { WorkingDir: '/srv' }],
    [{ User: 'nobody' }, { User: 'nobody' }],
    [{ Hostname: 'web' }, { Hostname: 'web' }],
    [
      { TTY: true, OpenStdin: true },
      { Tty: true, OpenStdin: true },
    ],
    [{ StopSignal: 'SIGINT' }, { StopSignal: 'SIGINT' }],
    [{}, { StopTimeout: 10 }],
    [{ StopGracePeriod: 0 }, { StopTimeout: 0 }],
    [{ StopGracePeriod: 1_500_000_000 }, { StopTimeout: 2 }],
    [{ Healthcheck: { Test: ['NONE'] } }, { Healthcheck: { Test: ['NONE'] } }],
    [
      {
        Healthcheck: {
          Test: ['CMD-SHELL', 'true'],
          Interval: 1e9,
          Timeout: 2e9,
          StartPeriod: 3e9,
          StartInterval: 4e9,
          Retries: 5,
        },
      },
      {
        Healthcheck: {
          Test: ['CMD-SHELL', 'true'],
          Interval: 1e9,
          Timeout: 2e9,
          StartPeriod: 3e9,
          StartInterval: 4e9,
          Retries: 5,
        },
      },
    ],
  ])('%j becomes %j', (container, body) => expect(sent({ container })).toMatchObject(body));

  it.each([
    [{ Groups: ['audio'] }, { GroupAdd: ['audio'] }],
    [{ ReadOnly: true }, { ReadonlyRootfs: true }],
    [{ Init: false }, { Init: false }],
    [{ Isolation: 'default' }, { Isolation: 'default' }],
    [{ Sysctls: { 'net.core.somaxconn': '1024' } }, { Sysctls: { 'net.core.somaxconn': '1024' } }],
    [
      { CapabilityAdd: ['CAP_NET_ADMIN'], CapabilityDrop: ['ALL'] },
      { CapAdd: ['CAP_NET_ADMIN'], CapDrop: ['ALL'] },
    ],
    [{ Ulimits: [{ Name: 'nofile', Soft: 10, Hard: 20 }] }, { Ulimits: [{ Name: 'nofile', Soft: 10, Hard: 20 }] }],
    [{ OomScoreAdj: -500 }, { OomScoreAdj: -500 }],
    [{ Hosts: ['10.0.0.1 db  db.local', '::1 six'] }, { ExtraHosts: ['db:10.0.0.1', 'db.local:10.0.0.1', 'six:::1'] }],
    [
      { DNSConfig: { Nameservers: ['9.9.9.9'], Search: ['lan'], Options: ['ndots:2'] } },
      { Dns: ['9.9.9.9'], DnsSearch: ['lan'], DnsOptions: ['ndots:2'] },
    ],
    [{ Privileges: { NoNewPrivileges: true } }, { SecurityOpt: ['no-new-privileges=true'] }],
    [
      { Privileges: { Seccomp: { Mode: 'unconfined' }, AppArmor: { Mode: 'disabled' } } },
      { SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'] },
    ],
    [
      { Privileges: { Seccomp: { Mode: 'custom', Profile: Buffer.from('{"x":1}').toString('base64') } } },
      { SecurityOpt: ['seccomp={"x":1}'] },
    ],
    [{ Privileges: { Seccomp: { Mode: 'default' }, AppArmor: { Mode: 'default' } } }, { SecurityOpt: [] }],
    [{ Privileges: { SELinuxContext: { Disable: true } } }, { SecurityOpt: ['label=disable'] }],
    [
      { Privileges: { SELinuxContext: { User: 'u', Role: 'r', Type: 't', Level: 'l' } } },
      { SecurityOpt: ['label=user:u', 'label=role:r', 'label=type:t', 'label=level:l'] },
    ],
    [{ Privileges: { CredentialSpec: { File: 'spec.json' } } }, { SecurityOpt: ['credentialspec=file://spec.json'] }],
    [{ Privileges: { CredentialSpec: { Registry: 'key' } } }, { SecurityOpt: ['credentialspec=registry://key'] }],
  ])('%j becomes %j of the host config', (container, host) => expect(sent({ container }).HostConfig).toMatchObject(host));
});

describe('a mount', () => {
  it.each([
    {
      name: 'of a path',
      mount: {
        Type: 'bind',
        Source: '/a',
        Target: '/b',
        ReadOnly: true,
        BindOptions: { Propagation: 'rshared', NonRecursive: true, CreateMountpoint: true },
      },
      sent: {
        Type: 'bind',
        Source: '/a',
        Target: '/b',
        ReadOnly: true,
        BindOptions: { Propagation: 'rshared', NonRecursive: true, CreateMountpoint: true },
      },
    },
    {
      name: 'of a volume',
      mount: {
        Source: 'data',
        Target: '/d',
        VolumeOptions: {
          NoCopy: true,
          Labels: { a: 'b' },
          Subpath: 's',
          DriverConfig: { Name: 'local', Options: { type: 'nfs' } },
        },
      },
      sent: {
        Type: 'volume',
        Source: 'data',
        Target: '/d',
        VolumeOptions: {
          NoCopy: true,
          Labels: { a: 'b' },
          Subpath: 's',
          DriverConfig: { Name: 'local', Options: { type: 'nfs' } },
        },
      },
    },
    { name: 'of an anonymous volume', mount: { Type: 'volume', Target: '/d' }, sent: { Type: 'volume', Target: '/d' } },
    {
      name: 'of memory',
      mount: {
        Type: 'tmpfs',
        Target: '/t',
        TmpfsOptions: { SizeBytes: 1024, Mode: 0o1777, Options: [['noexec'], ['uid', '5']] },
      },
      sent: { Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 1024, Mode: 0o1777, Options: [['noexec'], ['uid', '5']] } },
    },
    {
      name: 'of an image',
      mount: { Type: 'image', Source: 'busybox', Target: '/i', ImageOptions: { Subpath: 'bin' } },
      sent: { Type: 'image', Source: 'busybox', Target: '/i', ImageOptions: { Subpath: 'bin' } },
    },
    {
      name: 'of a named pipe',
      mount: { Type: 'npipe', Source: 'p', Target: 'q' },
      sent: { Type: 'npipe', Source: 'p', Target: 'q' },
    },
  ])('$name', ({ mount, sent: expected }) =>
    expect(sent({ container: { Mounts: [mount] } }).HostConfig.Mounts).toEqual([expected]),
  );
});

describe('resources', () => {
  it.each([
    [{ Limits: { NanoCPUs: 5e8, MemoryBytes: 1e6, Pids: 9 } }, { NanoCpus: 5e8, Memory: 1e6, PidsLimit: 9 }],
    [{ Reservations: { NanoCPUs: 5e8, MemoryBytes: 1e6 } }, { MemoryReservation: 1e6 }],
    [
      { Limits: { MemoryBytes: 100 }, SwapBytes: 50 },
      { Memory: 100, MemorySwap: 150 },
    ],
    [
      { Limits: { MemoryBytes: 100 }, SwapBytes: 0 },
      { Memory: 100, MemorySwap: 100 },
    ],
    [
      { Limits: { MemoryBytes: 100 }, SwapBytes: -1 },
      { Memory: 100, MemorySwap: -1 },
    ],
    [{ MemorySwappiness: 0 }, { MemorySwappiness: 0 }],
    [{ MemorySwappiness: -1 }, {}],
    [{}, {}],
  ])('%j become %j', (Resources, expected) => {
    const { NanoCpus, Memory, PidsLimit, MemoryReservation, MemorySwap, MemorySwappiness } = sent({
      spec: { Resources },
    }).HostConfig;
    const limits = { NanoCpus, Memory, PidsLimit, MemoryReservation, MemorySwap, MemorySwappiness };
    expect(JSON.parse(JSON.stringify(limits))).toEqual(expected);
  });

  it('that are generic are told to the process', () => {
    const task = {
      ...aTask({ container: { Env: ['A=1'] } }),
      genericResources: [
        { namedResourceSpec: { kind: 'gpu', value: 'a' }, discreteResourceSpec: undefined },
        { namedResourceSpec: undefined, discreteResourceSpec: { kind: 'ssd', value: 2 } },
        { namedResourceSpec: { kind: 'gpu', value: 'b' }, discreteResourceSpec: undefined },
      ],
    };
    expect(toCreateRequest(task, NEW).body).toMatchObject({ Env: ['A=1', 'DOCKER_RESOURCE_GPU=a,b', 'DOCKER_RESOURCE_SSD=2'] });
  });
});

describe('ports', () => {
  const port = (TargetPort: number, PublishedPort: number, more = {}) => ({
    TargetPort,
    PublishedPort,
    PublishMode: 'host',
    ...more,
  });

  it.each([
    {
      name: 'of the host are bound',
      ports: [port(80, 8080)],
      exposed: { '80/tcp': {} },
      bound: { '80/tcp': [{ HostPort: '8080' }] },
    },
    {
      name: 'without a number are the engine’s choice',
      ports: [port(53, 0, { Protocol: 'udp' })],
      exposed: { '53/udp': {} },
      bound: { '53/udp': [{ HostPort: '' }] },
    },
    {
      name: 'may lead to the same target',
      ports: [port(80, 1), port(80, 2)],
      exposed: { '80/tcp': {} },
      bound: { '80/tcp': [{ HostPort: '1' }, { HostPort: '2' }] },
    },
    {
      name: 'of the ingress are not the container’s',
      ports: [port(80, 80, { PublishMode: 'ingress' })],
      exposed: undefined,
      bound: undefined,
    },
  ])('$name', ({ ports, exposed, bound }) => {
    const body = sent({ ports });
    expect([body.ExposedPorts, body.HostConfig.PortBindings]).toEqual([exposed, bound]);
  });
});

it.each([
  [
    { LogDriver: { Name: 'json-file', Options: { 'max-size': '1m' } } },
    { LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } } },
  ],
  [{ Networks: [{ Target: 'host' }] }, { NetworkMode: 'host' }],
  [{}, { NetworkMode: 'default', RestartPolicy: { Name: 'no' } }],
])('the task spec %j becomes %j', (spec, host) => expect(sent({ spec }).HostConfig).toMatchObject(host));

describe('the container', () => {
  it('is named after service, slot and task', () =>
    expect(toCreateRequest(aTask({ id: TASK_ID, slot: 3 }), NEW).name).toBe(`web.3.${TASK_ID}`));

  it('is named after its node where that stands for the slot', () =>
    expect(toCreateRequest(aTask({ id: TASK_ID, slot: 0 }), NEW).name).toBe(`web.${NODE_ID}.${TASK_ID}`));

  it('says whose it is, whatever labels the user gives', () =>
    expect(
      sent({ container: { Labels: { mine: 'yes', 'io.swarmctl.task': 'forged', 'com.docker.swarm.task.id': 'forged' } } }).Labels,
    ).toEqual({
      mine: 'yes',
      'com.docker.swarm.task': '',
      'com.docker.swarm.task.id': TASK_ID,
      'com.docker.swarm.task.name': `web.1.${TASK_ID}`,
      'com.docker.swarm.node.id': NODE_ID,
      'com.docker.swarm.service.id': 'service0service0service00',
      'com.docker.swarm.service.name': 'web',
      'io.swarmctl.task': TASK_ID,
      'io.swarmctl.node': NODE_ID,
      'io.swarmctl.cluster': CLUSTER_ID,
    }));
});

it('does without a start interval where the engine does not know it', () =>
  expect(sent({ container: { Healthcheck: { Test: ['NONE'], StartInterval: 1e9 } } }, OLD).Healthcheck).toEqual({
    Test: ['NONE'],
  }));

describe('a task is refused', () => {
  it.each([
    {
      name: 'for two networks',
      traits: { spec: { Networks: [{ Target: 'host' }, { Target: 'bridge' }] } },
      code: 'UNIMPLEMENTED',
      text: /host, bridge/,
    },
    {
      name: 'for a cluster volume',
      traits: { container: { Mounts: [{ Type: 'cluster', Source: 'v' }] } },
      code: 'UNIMPLEMENTED',
      text: /cluster volumes/,
    },
    {
      name: 'for a credential spec from a config',
      traits: { container: { Privileges: { CredentialSpec: { Config: 'c' } } } },
      code: 'UNIMPLEMENTED',
      text: /credential/,
    },
    {
      name: 'when it is a plugin',
      traits: { spec: { PluginSpec: { Name: 'p' } } },
      code: 'UNIMPLEMENTED',
      text: /not containers/,
    },
    { name: 'without an image', traits: { container: { Image: '' } }, code: 'INVALID_ARGUMENT', text: /no image/ },
    { name: 'with a node that is no name', traits: { slot: 0, nodeId: '../x' }, code: 'INVALID_ARGUMENT', text: /name/ },
  ])('$name', ({ traits, code, text }) =>
    expect(() => toCreateRequest(aTask(traits), NEW)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(text) }),
    ),
  );

  it.each([
    { what: 'subpaths of volumes', mount: { Target: '/d', VolumeOptions: { Subpath: 's' } } },
    { what: 'options of tmpfs mounts', mount: { Type: 'tmpfs', Target: '/d', TmpfsOptions: { Options: [['noexec']] } } },
    { what: 'image mounts', mount: { Type: 'image', Target: '/d' } },
    { what: 'recursive read-only mounts', mount: { Type: 'bind', Target: '/d', BindOptions: { ReadOnlyForceRecursive: true } } },
    {
      what: 'non-recursive read-only mounts',
      mount: { Type: 'bind', Target: '/d', BindOptions: { ReadOnlyNonRecursive: true } },
    },
  ])('for $what where the engine would ignore them', ({ what, mount }) => {
    const task = aTask({ container: { Mounts: [mount] } });
    expect(() => toCreateRequest(task, OLD)).toThrow(
      expect.objectContaining({ code: 'UNIMPLEMENTED', message: expect.stringContaining(what) }),
    );
    expect(() => toCreateRequest(task, NEW)).not.toThrow();
  });
});
