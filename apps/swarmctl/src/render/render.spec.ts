import fc from 'fast-check';
import { Node, Service, Task, type PortConfig } from '#common/proto';
import { anyText } from '#common/testing';
import { aNode, aService, aTask } from '../testing/api-objects';
import { renderCpus, renderSize } from './amounts';
import { ago, renderDuration, spanInWords } from './durations';
import { renderJson } from './json';
import { describeNode } from './node-details';
import { nodeColumns } from './node-table';
import { plainText } from './plain-text';
import { renderPorts } from './ports';
import { describeService } from './service-details';
import { renderImage, renderReplicas, serviceColumns } from './service-table';
import { byName, renderDetails, renderTable } from './table';
import { taskColumns, toTaskRows } from './task-table';

const NOW = Date.parse('2026-01-01T00:05:30Z');
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a span of time', () => {
  it.each([
    [999, 'less than a second'],
    [SECOND, '1 second'],
    [59 * SECOND, '59 seconds'],
    [MINUTE, 'about a minute'],
    [5 * MINUTE, '5 minutes'],
    [HOUR, 'about an hour'],
    [47 * HOUR, '47 hours'],
    [2 * DAY, '2 days'],
    [14 * DAY, '2 weeks'],
    [60 * DAY, '2 months'],
    [365 * 2 * DAY, '2 years'],
  ])('of %i ms', (ms, words) => expect(spanInWords(ms)).toBe(words));

  it('since a time of the API', () => {
    expect(ago('2026-01-01T00:00:00Z', NOW)).toBe('5 minutes ago');
    expect(ago('2026-01-01T01:00:00Z', NOW)).toBe('less than a second ago');
    expect(ago('', NOW)).toBe('');
  });
});

it.each([
  [0, '0s'],
  [90e9, '1m30s'],
  [500e6, '500ms'],
  [3600e9, '1h'],
  [1, '1ns'],
])('%i ns are %s', (nanos, text) => expect(renderDuration(nanos)).toBe(text));

it('renders amounts', () => {
  expect([0, 1, 1024, 1536 * 1024, 5 * 1024 ** 3].map(renderSize)).toEqual(['0B', '1B', '1KiB', '1.5MiB', '5GiB']);
  expect(renderCpus(5e8)).toBe('0.5');
});

describe('ports', () => {
  const port = (publishedPort: number, targetPort: number, protocol = 'tcp'): PortConfig => ({
    name: '',
    protocol,
    targetPort,
    publishedPort,
    publishMode: 'ingress',
  });

  it.each([
    { name: 'one', ports: [port(8080, 80)], text: '*:8080->80/tcp' },
    { name: 'those that follow each other', ports: [port(82, 2), port(80, 0), port(81, 1)], text: '*:80-82->0-2/tcp' },
    { name: 'those that do not', ports: [port(80, 1), port(81, 3)], text: '*:80->1/tcp, *:81->3/tcp' },
    { name: 'by protocol', ports: [port(53, 53, 'udp'), port(53, 53)], text: '*:53->53/tcp, *:53->53/udp' },
    { name: 'none without a number', ports: [port(0, 80)], text: '' },
  ])('$name', ({ ports, text }) => expect(renderPorts(ports)).toBe(text));
});

describe('text from the manager', () => {
  it.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['a\u001b]0;title\u0007b', 'ab'],
    ['a\u001b]8;;http://x\u001b\\link', 'alink'],
    ['a\u009b2Jb', 'ab'],
    ['a\r\n\tb', 'a b'],
    ['a\u0000\u0008\u007fb', 'ab'],
    ['a\u202eb', 'ab'],
    ['Grüße, 世界', 'Grüße, 世界'],
  ])('%j is shown as %j', (given, shown) => expect(plainText(given)).toBe(shown));

  it('never moves the cursor nor changes colours', () => {
    fc.assert(
      fc.property(anyText, (given) => {
        expect(plainText(`\u001b[1m${given}`)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
  });

  it('is safe as JSON too, and still the same', () => {
    const given = { name: 'a\u001b[31m\u009b\u202e' };
    expect(renderJson(given)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(JSON.parse(renderJson(given))).toEqual(given);
  });
});

describe('tables', () => {
  it('align their columns and strip their cells', () => {
    const columns = [
      { heading: 'ID', cell: (row: string[]) => row[0] ?? '' },
      { heading: 'NAME', cell: (row: string[]) => row[1] ?? '' },
    ];
    expect(
      renderTable(columns, [
        ['abc', 'one\u001b[2J'],
        ['a-longer-id', ''],
      ]),
    ).toEqual(['ID            NAME', 'abc           one', 'a-longer-id']);
  });

  it('are headings only without rows', () => {
    expect(renderTable([{ heading: 'ID', cell: String }], [])).toEqual(['ID']);
  });

  it('order names as people do', () => {
    expect(['web10', 'web2', 'api'].sort(byName(String))).toEqual(['api', 'web2', 'web10']);
  });

  it('indent details', () => {
    const details = [{ name: 'ID', value: 'x' }, { name: 'Labels' }, { name: 'team', value: 'shop', depth: 1 }];
    expect(renderDetails(details)).toEqual(['ID:     x', 'Labels:', '  team: shop']);
  });
});

it('lists services', () => {
  const service = aService({
    ID: 'abcdefghijklmnopqrstuvwxy',
    ServiceStatus: { RunningTasks: 1, DesiredTasks: 2 },
    Endpoint: { Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'ingress' }] },
  });
  expect(renderTable(serviceColumns(true), [Service.fromJSON(service)])).toEqual([
    'ID             NAME      MODE         REPLICAS   IMAGE     PORTS',
    'abcdefghijkl   web       replicated   1/2        nginx:1   *:8080->80/tcp',
  ]);
});

it.each([
  [{ Replicated: { Replicas: 2 } }, '1/2'],
  [{ Global: {} }, '1/2'],
  [{ ReplicatedJob: { TotalCompletions: 5 } }, '1/2 (3/5 completed)'],
  [{ GlobalJob: {} }, '1/2 (3/5 completed)'],
])('replicas of %j', (Mode, text) => {
  const ServiceStatus = { RunningTasks: 1, DesiredTasks: 2, CompletedTasks: 3 };
  expect(renderReplicas(Service.fromJSON({ Spec: { Mode }, ServiceStatus }))).toBe(text);
});

it('tells the limit per node', () => {
  const Spec = { Mode: { Replicated: { Replicas: 2 } }, TaskTemplate: { Placement: { MaxReplicas: 3 } } };
  expect(renderReplicas(Service.fromJSON({ Spec }))).toBe('0/0 (max 3 per node)');
});

it.each([
  ['nginx:1@sha256:aa', 'nginx:1'],
  ['r:5000/nginx@sha256:aa', 'r:5000/nginx@sha256:aa'],
  ['r:5000/nginx:1', 'r:5000/nginx:1'],
])('the image %s is shown as %s', (image, shown) => expect(renderImage(image)).toBe(shown));

it('lists tasks by slot, with their history below them', () => {
  const tasks = [
    aTask(
      { ID: 'old', CreatedAt: '2026-01-01T00:00:00Z', DesiredState: 'shutdown' },
      { State: 'failed', Err: 'task: non-zero exit (1)' },
    ),
    aTask({ ID: 'tenth', Slot: 10 }),
    aTask({ ID: 'new', CreatedAt: '2026-01-01T00:01:00Z' }),
    aTask(
      { ID: 'second', Slot: 2, NodeID: '' },
      { State: 'pending', Err: 'no suitable node (insufficient resources on 3 nodes, and more)' },
    ),
  ].map((task) => Task.fromJSON(task));
  const names = { services: new Map([['web-id', Service.fromJSON(aService())]]), nodes: new Map([['n1-id', 'n1']]) };
  expect(renderTable(taskColumns({ truncate: true, nowMs: NOW }), toTaskRows(tasks, names))).toEqual([
    'ID        NAME        IMAGE     NODE      DESIRED STATE   CURRENT STATE           ERROR                                                  PORTS',
    'new       web.1       nginx:1   n1        Running         Running 5 minutes ago',
    'old        \\_ web.1   nginx:1   n1        Shutdown        Failed 5 minutes ago    "task: non-zero exit (1)"',
    'second    web.2       nginx:1             Running         Pending 5 minutes ago   "no suitable node (insufficient resources on 3 nod…"',
    'tenth     web.10      nginx:1   n1        Running         Running 5 minutes ago',
  ]);
});

it('names tasks of a global service by their nodes, and leaves unknown ids', () => {
  const task = Task.fromJSON(aTask({ Slot: 0 }));
  expect(toTaskRows([task], { services: new Map(), nodes: new Map() })[0]).toMatchObject({ name: 'web-id.n1-id', node: 'n1-id' });
});

it('names tasks of a replicated job by their slots, of which the first is 0', () => {
  const task = Task.fromJSON(aTask({ Slot: 0 }));
  const job = Service.fromJSON(aService({ Spec: { Name: 'batch', Mode: { ReplicatedJob: {} } } }));
  expect(toTaskRows([task], { services: new Map([['web-id', job]]), nodes: new Map() })[0]).toMatchObject({ name: 'batch.0' });
});

it('lists nodes and marks its own', () => {
  const nodes = [
    aNode({ ManagerStatus: { Leader: true, Reachability: 'reachable' } }),
    aNode({ ID: 'n2-id', Status: { State: 'down' } }),
  ];
  expect(
    renderTable(
      nodeColumns('n1-id'),
      nodes.map((node) => Node.fromJSON(node)),
    ),
  ).toEqual([
    'ID        HOSTNAME   STATUS    AVAILABILITY   MANAGER STATUS   ENGINE VERSION',
    'n1-id *   n1         Ready     Active         Leader           28.2.2',
    'n2-id     n1         Down      Active                          28.2.2',
  ]);
});

it('describes a node', () => {
  expect(renderDetails(describeNode(Node.fromJSON(aNode({ Spec: { Role: 'worker', Labels: { disk: 'ssd' } } }))))).toEqual([
    'ID:             n1-id',
    'Host name:      n1',
    'Joined at:      2026-01-01T00:00:00Z',
    'State:          ready',
    'Address:        10.0.0.1',
    'Role:           worker',
    'Availability:   active',
    'Labels:',
    '  disk:         ssd',
    'Platform:       linux/x86_64',
    'CPUs:           2',
    'Memory:         4GiB',
    'Engine version: 28.2.2',
  ]);
});

it.each<{ networking: object; lines: string[] }>([
  { networking: { IngressMode: 'transparent' }, lines: [] },
  { networking: { OverlayProblem: 'there is no nft' }, lines: ['Networks:', '  Overlays:     none: there is no nft'] },
  {
    networking: { EncryptionProblem: 'there is no wg', IngressMode: 'masquerade', IngressProblem: 'no ip rule' },
    lines: [
      'Networks:',
      '  Encrypted:    none: there is no wg',
      "  Callers:      of other nodes' published ports come with that node's address: no ip rule",
    ],
  },
])('says of a node what it lacks for overlay networks: $lines', ({ networking, lines }) => {
  const Description = { Hostname: 'n1', Engine: {}, Networking: networking };
  const details = renderDetails(describeNode(Node.fromJSON(aNode({ Description }))));
  const from = details.indexOf('Networks:');
  expect(from < 0 ? [] : details.slice(from)).toEqual(lines);
});

it('describes the engine of a node: its labels, and its drivers by what they are for', () => {
  const Engine = {
    Labels: { region: 'eu' },
    Plugins: [
      { Type: 'Volume', Name: 'local' },
      { Type: 'Log', Name: 'json-file' },
      { Type: 'Log', Name: 'syslog' },
    ],
  };
  const node = Node.fromJSON(aNode({ Description: { Hostname: 'n1', Engine } }));
  expect(renderDetails(describeNode(node)).slice(-5)).toEqual([
    'Engine labels:',
    '  region:       eu',
    'Plugins:',
    '  Log:          json-file, syslog',
    '  Volume:       local',
  ]);
});

it('describes a service', () => {
  const Spec = {
    Name: 'web',
    Labels: { team: 'shop', 'swarmctl.progress-deadline': '5m', 'swarmctl.rebalance': 'true' },
    Mode: { Replicated: { Replicas: 2 } },
    UpdateConfig: { Parallelism: 0, FailureAction: 'pause', Monitor: 5e9, MaxFailureRatio: 0.1, Order: 'stop-first' },
    EndpointSpec: { Mode: 'vip' },
    TaskTemplate: {
      ContainerSpec: {
        Image: 'nginx:1',
        Args: ['-g', 'x'],
        Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', ReadOnly: true }],
      },
      Resources: { Limits: { NanoCPUs: 5e8, Pids: 9 }, Reservations: { MemoryBytes: 1024 ** 2 } },
      Placement: { Constraints: ['node.role==worker'], MaxReplicas: 1 },
      RestartPolicy: { Condition: 'any', Delay: 5e9, MaxAttempts: 0 },
    },
  };
  const UpdateStatus = { State: 'paused', StartedAt: '2026-01-01T00:00:00Z', Message: 'too many failures' };
  expect(renderDetails(describeService(Service.fromJSON(aService({ Spec, UpdateStatus })), NOW))).toMatchInlineSnapshot(`
    [
      "ID:                           web-id",
      "Name:                         web",
      "Mode:                         replicated",
      "Replicas:                     2",
      "Labels:",
      "  swarmctl.progress-deadline: 5m",
      "  swarmctl.rebalance:         true",
      "  team:                       shop",
      "Update status:",
      "  State:                      paused",
      "  Started:                    5 minutes ago",
      "  Message:                    too many failures",
      "Container:",
      "  Image:                      nginx:1",
      "  Arguments:                  -g x",
      "Mounts:",
      "  /b:                         bind /a (read-only)",
      "Placement:",
      "  Constraints:                node.role==worker",
      "  Most per node:              1",
      "  Rebalanced:                 by itself",
      "Resources:",
      "  Limits:                     0.5 CPUs, 9 processes",
      "  Reservations:               1MiB memory",
      "Restart:",
      "  Condition:                  any",
      "  Delay:                      5s",
      "Rolling update:",
      "  Parallelism:                all at once",
      "  Delay:                      0s",
      "  On failure:                 pause",
      "  Monitoring:                 5s",
      "  Failures accepted:          0.1",
      "  Order:                      stop-first",
      "  Progress deadline:          5m",
      "Rollback:",
      "  Parallelism:                1",
      "  Delay:                      0s",
      "  On failure:                 pause",
      "  Monitoring:                 5s",
      "  Failures accepted:          0",
      "  Order:                      stop-first",
      "Endpoint mode:                vip",
    ]
  `);
});

it('describes a job by its completions and iteration, and without a roll-out', () => {
  const Spec = {
    Name: 'batch',
    Mode: { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 5 } },
    UpdateConfig: { Parallelism: 1 },
  };
  const JobStatus = { JobIteration: { Index: 3 }, LastExecution: '2026-01-01T00:00:00Z' };
  const details = renderDetails(describeService(Service.fromJSON(aService({ Spec, JobStatus })), NOW));
  expect(details.slice(2)).toEqual([
    'Mode:           replicated job',
    'Job:',
    '  Completions:  5',
    '  At a time:    2',
    '  Iteration:    3',
    '  Last started: 5 minutes ago',
  ]);
});

describe('a service whose spec is silent', () => {
  const describeMode = (Mode: object): string[] =>
    renderDetails(describeService(Service.fromJSON(aService({ Spec: { Name: 'web', Mode, TaskTemplate: {} } })), NOW));

  it('is described with what holds nevertheless', () => {
    const lines = describeMode({ Global: {} }).join('\n');
    expect(lines).toMatch(/Restart:\n +Condition: +any\n +Delay: +1s, growing to 5m\n/);
    expect(lines).toMatch(/Rolling update:\n +Parallelism: +1\n +Delay: +0s\n +On failure: +pause\n +Monitoring: +5s\n/);
    expect(lines).toMatch(/Progress deadline: +10m\nRollback:\n +Parallelism: +1\n/);
    expect(lines).not.toContain('Rebalanced');
  });

  it.each([{ ReplicatedJob: {} }, { GlobalJob: {} }])('is not rolled out when it is a job (%j)', (mode) => {
    expect(describeMode(mode).join('\n')).not.toMatch(/Rolling update|Rollback/);
  });
});
