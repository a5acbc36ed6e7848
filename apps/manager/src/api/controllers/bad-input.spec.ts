import { ApiScenario } from '../testing/api-scenario';

const NAME = 'web';

let scenario: ApiScenario;

beforeAll(async () => {
  scenario = await ApiScenario.start();
  await scenario.createService(NAME);
});

afterAll(() => scenario.stop());

const service = (fields: object) => ({ Name: NAME, TaskTemplate: { ContainerSpec: { Image: 'x' } }, ...fields });
const task = (fields: object) => service({ TaskTemplate: { ContainerSpec: { Image: 'x' }, ...fields } });
const container = (fields: object) => task({ ContainerSpec: { Image: 'x', ...fields } });
const mount = (fields: object) => container({ Mounts: [{ Type: 'volume', Source: 'data', Target: '/a', ...fields }] });
const ulimit = (fields: object) => container({ Ulimits: [{ Name: 'nofile', ...fields }] });
const resources = (fields: object) => task({ Resources: fields });
const health = (fields: object) => container({ Healthcheck: fields });
const job = (fields: object) => service({ Mode: { ReplicatedJob: {} }, ...fields });

type Row = readonly [sent: object, message: string];

/** What SwarmKit answers stands behind this; what Docker's own layer cannot read does not. */
const swarmkit = (...rows: Row[]): Row[] =>
  rows.map(([sent, message]) => [sent, `rpc error: code = InvalidArgument desc = ${message}`]);

const MODES = swarmkit(
  [job({ UpdateConfig: {} }), 'Jobs may not have an update config'],
  [
    job({ Mode: { ReplicatedJob: { MaxConcurrent: 1e9 } } }),
    'MaxConcurrent 1000000000 is more than a service may have here (100000)',
  ],
  [service({ Mode: { Replicated: { Replicas: 1e9 } } }), 'Replicas 1000000000 is more than a service may have here (100000)'],
  [service({ UpdateConfig: { Delay: -1 } }), 'TaskSpec: update-delay cannot be negative'],
  [service({ RollbackConfig: { Monitor: -1 } }), 'TaskSpec: rollback-monitor cannot be negative'],
);

const MOUNTS = swarmkit(
  [
    container({
      Mounts: [
        { Type: 'tmpfs', Target: '/a' },
        { Type: 'tmpfs', Target: '/a' },
      ],
    }),
    'ContainerSpec: duplicate mount point: /a',
  ],
  [
    container({
      Mounts: [
        { Type: 'tmpfs', Target: '/a' },
        { Type: 'tmpfs', Target: '/a/' },
      ],
    }),
    'ContainerSpec: duplicate mount point: /a/',
  ],
  [mount({ Target: '/' }), "ContainerSpec: invalid specification: destination can't be '/'"],
  [mount({ Type: 'bind', Source: '' }), 'ContainerSpec: invalid bind mount source, must be an absolute path: '],
  [mount({ Type: 'bind', Source: 'a' }), 'ContainerSpec: invalid bind mount source, must be an absolute path: a'],
  [mount({ Type: 'tmpfs' }), 'ContainerSpec: invalid tmpfs source, source must be empty'],
  [
    mount({ Type: 'bind', Source: '/a', VolumeOptions: {} }),
    'ContainerSpec: invalid mount config for type "bind": field VolumeOptions must not be specified',
  ],
  [mount({ BindOptions: {} }), 'ContainerSpec: invalid mount config for type "volume": field BindOptions must not be specified'],
  [
    mount({ Type: 'tmpfs', Source: '', VolumeOptions: {} }),
    'ContainerSpec: invalid mount config for type "tmpfs": field VolumeOptions must not be specified',
  ],
  [
    mount({ Source: '', ReadOnly: true }),
    'ContainerSpec: invalid mount config for type "volume": must not set ReadOnly mode when using anonymous volumes',
  ],
  [
    mount({ Source: '', VolumeOptions: { Subpath: 'a' } }),
    'ContainerSpec: invalid mount config for type "volume": must not set Subpath when using anonymous volumes',
  ],
  [
    mount({ Source: 'a b' }),
    'ContainerSpec: invalid mount config for type "volume": "a b" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed',
  ],
);

const RESOURCES = swarmkit(
  [resources({ Limits: { NanoCPUs: 1000 } }), 'invalid cpu value 1e-06: Must be at least 0.001'],
  [resources({ Limits: { MemoryBytes: 1000 } }), 'invalid memory value 1000: Must be at least 4MiB'],
  [
    resources({ Limits: { MemoryBytes: 8 << 20 }, Reservations: { MemoryBytes: 16 << 20 } }),
    'invalid memory reservation 16777216: it is above the limit of 8388608',
  ],
  [resources({ Limits: { Pids: -2 } }), 'invalid pids limit -2: less than -1, which is unlimited'],
  [resources({ SwapBytes: 1 << 20 }), 'You should always set the Memory limit when using Memoryswap limit, see usage'],
  [resources({ Limits: { MemoryBytes: 8 << 20 }, SwapBytes: -2 }), 'invalid swap value -2: less than -1, which is unlimited'],
  [resources({ MemorySwappiness: 101 }), 'Invalid value: 101, valid memory swappiness range is 0-100'],
  [resources({ MemorySwappiness: -2 }), 'Invalid value: -2, valid memory swappiness range is 0-100'],
  [task({ RestartPolicy: { Delay: -1 } }), 'TaskSpec: restart-delay cannot be negative'],
  [task({ RestartPolicy: { Window: -1 } }), 'TaskSpec: restart-window cannot be negative'],
);

const PROCESSES = swarmkit(
  [container({ Env: ['=x'] }), "ContainerSpec: invalid environment variable: '=x'"],
  [container({ StopGracePeriod: -1 }), 'ContainerSpec: stop-grace-period cannot be negative'],
  [container({ StopSignal: 'SIGNOPE' }), 'ContainerSpec: Invalid signal: SIGNOPE'],
  [container({ StopSignal: '65' }), 'ContainerSpec: Invalid signal: 65'],
  [container({ Dir: 'srv' }), "ContainerSpec: the working directory 'srv' is invalid, it needs to be an absolute path"],
  [container({ Hostname: 'a b' }), "ContainerSpec: invalid hostname format: 'a b': up to 64 letters, digits, '-', '_' and '.'"],
  [
    container({ Hostname: 'a'.repeat(65) }),
    `ContainerSpec: invalid hostname format: '${'a'.repeat(65)}': up to 64 letters, digits, '-', '_' and '.'`,
  ],
  [health({ Interval: 999_999 }), 'ContainerSpec: Interval in HealthConfig cannot be less than 1ms'],
  [health({ StartInterval: -1 }), 'ContainerSpec: StartInterval in HealthConfig cannot be less than 1ms'],
  [health({ Retries: -1 }), 'ContainerSpec: Retries in HealthConfig cannot be negative'],
);

const KERNEL = swarmkit(
  [container({ OomScoreAdj: 1001 }), 'ContainerSpec: Invalid value 1001, range for oom score adj is [-1000, 1000]'],
  [container({ CapabilityAdd: ['CAP_NOPE'] }), 'ContainerSpec: invalid CapAdd: unknown capability: "CAP_NOPE"'],
  [container({ CapabilityDrop: ['nope'] }), 'ContainerSpec: invalid CapDrop: unknown capability: "nope"'],
  [container({ Sysctls: { 'a b': '1' } }), "ContainerSpec: invalid sysctl 'a b': it is a name such as net.core.somaxconn"],
  [
    task({ ContainerSpec: { Image: 'x', Sysctls: { 'net.core.somaxconn': '1' } }, Networks: [{ Target: 'host' }] }),
    "ContainerSpec: sysctl 'net.core.somaxconn' not allowed in host network namespace",
  ],
  [ulimit({ Soft: 2, Hard: 1 }), 'ContainerSpec: ulimit soft limit must be less than or equal to hard limit: 2 > 1 (nofile)'],
  [ulimit({ Soft: -1, Hard: 1 }), 'ContainerSpec: ulimit soft limit must be less than or equal to hard limit: -1 > 1 (nofile)'],
  [ulimit({ Hard: -2 }), 'ContainerSpec: ulimit nofile is less than -1, which is unlimited'],
  [container({ Ulimits: [{ Name: 'core' }, { Name: 'core' }] }), "ContainerSpec: ulimit 'core' is given twice"],
);

const OPTIONS = swarmkit(
  [
    service({ Labels: { 'swarmctl.progress-deadline': '10' } }),
    "label swarmctl.progress-deadline: '10' is not a duration: each number needs one of the units ns, us, ms, s, m, h",
  ],
  [
    service({ Labels: { 'swarmctl.progress-deadline': '0s' } }),
    'label swarmctl.progress-deadline: the deadline has to be longer than 0, for example 10m',
  ],
  [service({ Labels: { 'swarmctl.rebalance': 'yes' } }), "label swarmctl.rebalance: 'yes' is neither true nor false"],
);

const UNREADABLE: Row[] = [
  [mount({ Type: 'zz' }), 'invalid MountType: "zz"'],
  [mount({ Consistency: 'zz' }), 'invalid MountConsistency: "zz"'],
  [mount({ Type: 'bind', Source: '/a', BindOptions: { Propagation: 'zz' } }), 'invalid MountPropagation: "zz"'],
  [task({ RestartPolicy: { Condition: 'zz' } }), 'invalid RestartCondition: "zz"'],
];

describe('a service that cannot be, or contradicts itself, is refused at create and at update, and nothing is written', () => {
  it.each([...MODES, ...MOUNTS, ...RESOURCES, ...PROCESSES, ...KERNEL, ...OPTIONS, ...UNREADABLE])(
    '%j: %s',
    async (sent, message) => {
      const before = (await scenario.store.objects.list('')).revision;
      const refusal = { status: 400, json: { message } };
      expect(await scenario.post('/services/create', sent)).toMatchObject(refusal);
      expect(await scenario.updateService(NAME, sent)).toMatchObject(refusal);
      expect((await scenario.store.objects.list('')).revision).toBe(before);
    },
  );

  it('naming the field of a template, and what was meant', async () => {
    const sent = container({ Env: ['HOST={{.Node.Hostnam}}'] });
    const refusal = {
      status: 400,
      json: {
        message: expect.stringContaining(
          "ContainerSpec: Env HOST: template '{{.Node.Hostnam}}', character 8: there is no .Node.Hostnam; did you mean .Node.Hostname?",
        ),
      },
    };
    expect(await scenario.post('/services/create', sent)).toMatchObject(refusal);
    expect(await scenario.updateService(NAME, sent)).toMatchObject(refusal);
  });

  it.each([
    ['renaming services is not supported', { ...service({}), Name: 'other' }],
    ['service mode change is not allowed', service({ Mode: { Global: {} } })],
  ])('%s', async (message, sent) => {
    const before = (await scenario.store.objects.list('')).revision;
    expect(await scenario.updateService(NAME, sent)).toMatchObject({
      status: 501,
      json: { message: `rpc error: code = Unimplemented desc = ${message}` },
    });
    expect((await scenario.store.objects.list('')).revision).toBe(before);
  });
});

describe('what is at the edge of being refused is accepted', () => {
  it.each([
    mount({ Target: '/a/', Consistency: 'cached', VolumeOptions: { DriverConfig: { Name: 'nfs' } } }),
    mount({ Source: 'any thing', VolumeOptions: { DriverConfig: { Name: 'rexray' } } }),
    mount({ Source: '', VolumeOptions: { NoCopy: true } }),
    resources({ Limits: { MemoryBytes: 8 << 20, Pids: -1 }, SwapBytes: 0, MemorySwappiness: 100 }),
    resources({ SwapBytes: -1, MemorySwappiness: -1 }),
    container({ Hostname: 'a_b.c-d', StopSignal: 'sigrtmin+3', Dir: '/srv', OomScoreAdj: -1000 }),
    container({ Hostname: 'a'.repeat(64), StopSignal: '15', Dir: 'C:\\srv' }),
    container({ CapabilityAdd: ['cap_net_admin', 'ALL'], CapabilityDrop: ['sys_time'] }),
    container({ Sysctls: { 'net/core.somaxconn': '1', 'kernel.shm_rmid_forced': '1' } }),
    ulimit({ Soft: 10, Hard: -1 }),
    ulimit({ Soft: -1, Hard: -1 }),
    service({ Labels: { 'swarmctl.progress-deadline': '1m30s', 'swarmctl.rebalance': 'false' } }),
  ])('%j', async (sent) => {
    expect(await scenario.updateService(NAME, sent)).toMatchObject({ status: 200, json: { Warnings: null } });
  });
});
