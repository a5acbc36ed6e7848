import { ServiceSpec } from '#common/proto';
import { readError, readFiles } from '../../compose/testing/read-files';
import { asObject } from '../../json-values';
import { wantedSpecs } from '../service-changes';

const IDS = {
  network: (name: string) => `id-of-${name}`,
  secret: (name: string) => `id-of-${name}`,
  config: (name: string) => `id-of-${name}`,
};

/** The spec of the service web of the stack st, as the API takes it. */
async function specOf(keys: string, sections = ''): Promise<Record<string, unknown>> {
  const lines = keys.split('\n').map((line) => `    ${line}`);
  const text = `services:\n  web:\n    image: nginx:1\n${lines.join('\n')}\n${sections}`;
  const spec = wantedSpecs('st', await readFiles({ files: { 'compose.yaml': text } }), IDS).get('web');
  return asObject(ServiceSpec.toJSON(spec ?? ServiceSpec.fromPartial({}))) as Record<string, unknown>;
}

it('makes of a name and an image what docker stack deploy makes of them', async () => {
  expect(await specOf('')).toEqual({
    Name: 'st_web',
    Labels: { 'com.docker.stack.namespace': 'st', 'com.docker.stack.image': 'nginx:1' },
    TaskTemplate: {
      ContainerSpec: { Image: 'nginx:1', Labels: { 'com.docker.stack.namespace': 'st' }, Isolation: 'default' },
      Resources: { Limits: {}, Reservations: {} },
      Placement: {},
      Networks: [{ Target: 'id-of-st_default', Aliases: ['web'] }],
      ForceUpdate: 0,
      Runtime: 'container',
    },
    Mode: { Replicated: { Replicas: 1 } },
    EndpointSpec: { Mode: 'vip' },
  });
});

it.each<[string, object]>([
  ['command: [a, b]\nentrypoint: sh -c', { Command: ['sh', '-c'], Args: ['a', 'b'] }],
  ['environment: {B: "2", A: "1"}', { Env: ['A=1', 'B=2'] }],
  ['labels: [a=b]', { Labels: { a: 'b', 'com.docker.stack.namespace': 'st' } }],
  [
    'user: www\nworking_dir: /srv\nhostname: h\ngroup_add: [audio]',
    { User: 'www', Dir: '/srv', Hostname: 'h', Groups: ['audio'] },
  ],
  ['stop_grace_period: 1m30s\nstop_signal: SIGINT\ninit: true', { StopGracePeriod: 90e9, StopSignal: 'SIGINT', Init: true }],
  ['tty: true\nstdin_open: true\nread_only: true', { TTY: true, OpenStdin: true, ReadOnly: true }],
  ['cap_add: [net_admin]\ncap_drop: [ALL]', { CapabilityAdd: ['CAP_NET_ADMIN'], CapabilityDrop: ['ALL'] }],
  ['sysctls: [net.core.somaxconn=1]\noom_score_adj: -5', { Sysctls: { 'net.core.somaxconn': '1' }, OomScoreAdj: -5 }],
  [
    'ulimits: {nofile: {soft: 1, hard: 2}, core: 0}',
    {
      Ulimits: [
        { Name: 'core', Hard: 0, Soft: 0 },
        { Name: 'nofile', Hard: 2, Soft: 1 },
      ],
    },
  ],
  [
    'dns: 1.1.1.1\ndns_search: [a.b]\ndns_opt: [ndots:2]',
    { DNSConfig: { Nameservers: ['1.1.1.1'], Search: ['a.b'], Options: ['ndots:2'] } },
  ],
  ['extra_hosts: ["db=10.0.0.1", "gw=host-gateway"]', { Hosts: ['10.0.0.1 db', 'host-gateway gw'] }],
  [
    'healthcheck: {test: "true", interval: 5s, retries: 2, start_period: 1s}',
    { Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 5e9, Retries: 2, StartPeriod: 1e9 } },
  ],
  ['healthcheck: {disable: true}', { Healthcheck: { Test: ['NONE'] } }],
  [
    'security_opt: ["no-new-privileges:true", "label=type:t"]',
    { Privileges: { NoNewPrivileges: true, SELinuxContext: { Type: 't' } } },
  ],
  [
    'security_opt: [seccomp=unconfined, apparmor=unconfined]',
    { Privileges: { Seccomp: { Mode: 'unconfined' }, AppArmor: { Mode: 'disabled' } } },
  ],
  [
    'volumes: [/anonymous]',
    { Mounts: [{ Type: 'volume', Target: '/anonymous', VolumeOptions: { Labels: { 'com.docker.stack.namespace': 'st' } } }] },
  ],
  [
    'volumes: [{type: bind, source: /a, target: /b, read_only: true, bind: {recursive: readonly, propagation: rprivate}}]',
    {
      Mounts: [
        {
          Type: 'bind',
          Source: '/a',
          Target: '/b',
          ReadOnly: true,
          BindOptions: { Propagation: 'rprivate', ReadOnlyForceRecursive: true },
        },
      ],
    },
  ],
  [
    'volumes: ["./a:/b"]',
    { Mounts: [{ Type: 'bind', Source: '/project/a', Target: '/b', BindOptions: { CreateMountpoint: true } }] },
  ],
  [
    'tmpfs: ["/run:size=1m,mode=1777", /tmp]',
    {
      Mounts: [
        { Type: 'tmpfs', Target: '/run', TmpfsOptions: { SizeBytes: 1048576, Mode: 0o1777 } },
        { Type: 'tmpfs', Target: '/tmp' },
      ],
    },
  ],
])('%s', async (keys, expected) => {
  const { TaskTemplate } = await specOf(keys);
  expect((TaskTemplate as Record<string, object>).ContainerSpec).toMatchObject(expected);
});

it.each<[string, object]>([
  ['deploy: {replicas: 0}', { Mode: { Replicated: { Replicas: 0 } } }],
  ['scale: 4', { Mode: { Replicated: { Replicas: 4 } } }],
  ['deploy: {mode: global}', { Mode: { Global: {} } }],
  ['deploy: {mode: replicated-job, replicas: 5}', { Mode: { ReplicatedJob: { MaxConcurrent: 5, TotalCompletions: 5 } } }],
  ['deploy: {mode: global-job}', { Mode: { GlobalJob: {} } }],
  ['deploy: {labels: {a: b}}', { Labels: { a: 'b', 'com.docker.stack.namespace': 'st' } }],
  ['deploy: {endpoint_mode: dnsrr}', { EndpointSpec: { Mode: 'dnsrr' } }],
  [
    'ports: ["90:80", "8080-8081:80-81/udp", {target: 5, published: 6, mode: host, name: n}]',
    {
      EndpointSpec: {
        Ports: [
          { Name: 'n', Protocol: 'tcp', TargetPort: 5, PublishedPort: 6, PublishMode: 'host' },
          { Protocol: 'tcp', TargetPort: 80, PublishedPort: 90 },
          { Protocol: 'udp', TargetPort: 80, PublishedPort: 8080 },
          { Protocol: 'udp', TargetPort: 81, PublishedPort: 8081 },
        ],
      },
    },
  ],
  [
    'deploy: {update_config: {order: start-first, delay: 2s, failure_action: rollback, max_failure_ratio: 0.5}}',
    {
      UpdateConfig: {
        Parallelism: 1,
        Delay: 2e9,
        FailureAction: 'rollback',
        Monitor: 5e9,
        MaxFailureRatio: 0.5,
        Order: 'start-first',
      },
    },
  ],
  [
    'deploy: {rollback_config: {parallelism: 0}}',
    { RollbackConfig: { Parallelism: 0, FailureAction: 'pause', Order: 'stop-first' } },
  ],
])('%s', async (keys, expected) => expect(await specOf(keys)).toMatchObject(expected));

it.each<[string, object]>([
  ['restart: "no"', { RestartPolicy: { Condition: 'none' } }],
  ['restart: unless-stopped', { RestartPolicy: { Condition: 'any' } }],
  ['restart: on-failure:3', { RestartPolicy: { Condition: 'on-failure', MaxAttempts: 3 } }],
  [
    'restart: always\ndeploy: {restart_policy: {condition: none, delay: 1s, window: 2s}}',
    { RestartPolicy: { Condition: 'none', Delay: 1e9, Window: 2e9 } },
  ],
  [
    'deploy: {resources: {limits: {cpus: "0.5", memory: 64M, pids: 9}, reservations: {cpus: 0.25, memory: 32M}}}',
    {
      Resources: {
        Limits: { NanoCPUs: 5e8, MemoryBytes: 67108864, Pids: 9 },
        Reservations: { NanoCPUs: 2.5e8, MemoryBytes: 33554432 },
      },
    },
  ],
  [
    'cpus: 0.5\nmem_limit: 64m\nmem_reservation: 32m\npids_limit: 9\nmemswap_limit: 96m\nmem_swappiness: 5',
    {
      Resources: {
        Limits: { NanoCPUs: 5e8, MemoryBytes: 67108864, Pids: 9 },
        Reservations: { MemoryBytes: 33554432 },
        SwapBytes: 33554432,
        MemorySwappiness: 5,
      },
    },
  ],
  [
    'deploy: {resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: gpu, value: 2}}]}}}',
    { Resources: { Reservations: { GenericResources: [{ DiscreteResourceSpec: { Kind: 'gpu', Value: 2 } }] } } },
  ],
  [
    'platform: linux/arm64\ndeploy: {placement: {constraints: [node.role==worker], preferences: [{spread: node.labels.zone}], max_replicas_per_node: 2}}',
    {
      Placement: {
        Constraints: ['node.role==worker'],
        Preferences: [{ Spread: { SpreadDescriptor: 'node.labels.zone' } }],
        MaxReplicas: 2,
        Platforms: [{ OS: 'linux', Architecture: 'arm64' }],
      },
    },
  ],
  ['logging: {driver: syslog, options: {tag: x}}', { LogDriver: { Name: 'syslog', Options: { tag: 'x' } } }],
  ['network_mode: host', { Networks: [{ Target: 'id-of-host' }] }],
])('%s', async (keys, expected) => expect((await specOf(keys)).TaskTemplate).toMatchObject(expected));

it('names networks, volumes, secrets and configs by what they are called in the cluster', async () => {
  const { TaskTemplate } = await specOf(
    'networks: {front: {aliases: [a]}, shared: }\nvolumes: ["data:/d", "named:/n", "outside:/o"]\nsecrets: [own, {source: ext, target: /x, mode: 0400}]\nconfigs: [conf]',
    `
networks: {front: {}, shared: {external: true, name: lan}}
volumes: {data: {driver: nfs, driver_opts: {o: v}, labels: [a=b]}, named: {name: store}, outside: {external: true}}
secrets: {own: {content: x, file: y}, ext: {external: true}}
configs: {conf: {content: x, name: app.conf}}`.replace('own: {content: x, file: y}', 'own: {file: y}'),
  );
  const template = TaskTemplate as { Networks: object; ContainerSpec: { Mounts: object; Secrets: object; Configs: object } };
  expect(template.Networks).toEqual([
    { Target: 'id-of-lan', Aliases: ['web'] },
    { Target: 'id-of-st_front', Aliases: ['a', 'web'] },
  ]);
  const ours = { 'com.docker.stack.namespace': 'st' };
  expect(template.ContainerSpec.Mounts).toEqual([
    {
      Type: 'volume',
      Source: 'st_data',
      Target: '/d',
      VolumeOptions: { Labels: { a: 'b', ...ours }, DriverConfig: { Name: 'nfs', Options: { o: 'v' } } },
    },
    { Type: 'volume', Source: 'store', Target: '/n', VolumeOptions: { Labels: ours } },
    { Type: 'volume', Source: 'outside', Target: '/o', VolumeOptions: {} },
  ]);
  const file = { UID: '0', GID: '0', Mode: 0o444 };
  expect(template.ContainerSpec.Secrets).toEqual([
    { File: { ...file, Name: '/x', Mode: 0o400 }, SecretID: 'id-of-ext', SecretName: 'ext' },
    { File: { ...file, Name: 'own' }, SecretID: 'id-of-st_own', SecretName: 'st_own' },
  ]);
  expect(template.ContainerSpec.Configs).toEqual([
    { File: { ...file, Name: 'conf' }, ConfigID: 'id-of-app.conf', ConfigName: 'app.conf' },
  ]);
});

it.each([
  ['deploy: {mode: swarm}', "services.web.deploy.mode cannot be used: 'swarm' is none of"],
  ['deploy: {mode: global, replicas: 2}', 'services.web.deploy.replicas does not go with the mode global'],
  ['deploy: {update_config: {delay: soon}}', 'services.web.deploy.update_config.delay cannot be used'],
  ['deploy: {update_config: {failure_action: shrug}}', 'services.web.deploy.update_config.failure_action cannot be used'],
  ['deploy: {resources: {limits: {memory: 8m}, reservations: {memory: 16m}}}', 'reservations.memory is more than the limit'],
  ['deploy: {placement: {constraints: [node.role]}}', 'services.web.deploy.placement.constraints[0]'],
  ['restart: sometimes', 'services.web.restart is none of no, always, unless-stopped, on-failure'],
  ['volumes: ["data:relative"]', 'services.web.volumes[0] has a target that is no absolute path: relative'],
  ['volumes: [/a]\ntmpfs: /a', 'services.web.tmpfs[0] mounts at /a, where something else is mounted already'],
  ['tmpfs: ["/a:exec"]', "services.web.tmpfs[0] cannot be used: 'exec' cannot be said for a task"],
  ['security_opt: [seccomp=profile.json]', 'services.web.security_opt[0] cannot be had by tasks'],
  ['extra_hosts: {db: nowhere}', 'services.web.extra_hosts.db cannot be used'],
  ['cap_add: ["a b"]', 'services.web.cap_add[0] cannot be used'],
  ['environment: {A: "{{.Task.Name"}', 'services.web'],
  ['cpus: lots', 'services.web.cpus cannot be used'],
  ['mem_limit: 64m\nmemswap_limit: 32m', 'services.web.memswap_limit is less than the limit of memory'],
])('%s is refused', async (keys, message) => {
  expect(await readError(specOf(keys, 'volumes: {data: }'))).toContain(message);
});

it('a service that others wait for to complete runs once, and is refused when it cannot', async () => {
  const specsWith = async (keys: string): Promise<ServiceSpec | undefined> => {
    const text = `services:\n  job: {image: a${keys}}\n  web: {image: a, depends_on: {job: {condition: service_completed_successfully}}}\n`;
    return wantedSpecs('st', await readFiles({ files: { 'compose.yaml': text } }), IDS).get('job');
  };
  expect((await specsWith(''))?.taskTemplate?.restartPolicy?.condition).toBe('none');
  expect((await specsWith(', restart: on-failure'))?.taskTemplate?.restartPolicy?.condition).toBe('on-failure');
  expect((await specsWith(', deploy: {mode: replicated-job}'))?.taskTemplate?.restartPolicy).toBeUndefined();
  await expect(specsWith(', restart: always')).rejects.toThrow(
    'compose.yaml:2: services.job never completes, and another service waits for that',
  );
});

it('a service without an image is refused, and told that nothing is built', async () => {
  const project = await readFiles({ files: { 'compose.yaml': 'services:\n  web: {build: .}\n' } });
  expect(() => wantedSpecs('st', project, IDS)).toThrow(
    'compose.yaml:2: services.web needs the key image: a stack runs images, and builds none',
  );
});

it.each([
  ['of the stack', '{content: x}', 'id-of-st_cred'],
  ['with a name of its own', '{content: x, name: theirs}', 'id-of-theirs'],
  ['of the cluster', '{external: true}', 'id-of-cred'],
])('names one config %s as the credential spec and among the configs', async (_, config, id) => {
  const { TaskTemplate } = await specOf('credential_spec: {config: cred}', `configs: {cred: ${config}}\n`);
  expect(TaskTemplate).toMatchObject({
    ContainerSpec: {
      Privileges: { CredentialSpec: { Config: id } },
      Configs: [{ ConfigID: id, Runtime: {} }],
    },
  });
});
