import { EXIT } from '../exit-codes';
import { aNode, aService, aTask } from '../testing/api-objects';
import { CommandBench } from '../testing/command-bench';
import { TestScreen } from '../testing/test-session';

const bench = new CommandBench();
beforeEach(async () => {
  await bench.start();
  bench.manager.nodes = [aNode(), aNode({ ID: 'n2-id', Description: { Hostname: 'n2' }, Status: { State: 'down' } })];
  bench.manager.services = [
    aService({ ServiceStatus: { RunningTasks: 2, DesiredTasks: 2 } }),
    aService({ ID: 'idle-id', Spec: { Name: 'idle' } }),
  ];
  bench.manager.tasks = [
    aTask({ ID: 't1' }, { ContainerStatus: { ContainerID: 'c1' } }),
    aTask({ ID: 't2', Slot: 2 }, { ContainerStatus: { ContainerID: 'c2' } }),
    aTask({ ID: 't3', Slot: 3, NodeID: 'n2-id' }, { ContainerStatus: { ContainerID: 'lost' } }),
  ];
  let looks = 0;
  bench.manager.statsOf = (container) => {
    if (container === 'lost') return undefined;
    looks += 1;
    const rounds = Math.ceil(looks / 2);
    const share = container === 'c1' ? 0.1 : 0.25;
    return {
      cpu_stats: { cpu_usage: { total_usage: share * rounds * 1e9 }, system_cpu_usage: rounds * 1e9, online_cpus: 2 },
      memory_stats: { usage: container === 'c1' ? 3 * 1024 ** 2 : 1024 ** 2 },
    };
  };
});
afterEach(() => bench.stop());

const NODES = [
  'NODE      STATE     TASKS     CPU       MEMORY    OF CPUS   OF MEMORY',
  'n1        ready     2         70.00%    4MiB      2         4GiB',
  'n2        down      1         -         -         0         0B',
];
const SERVICES = [
  'SERVICE   REPLICAS   CPU       MEMORY',
  'web       2/2        70.00%    4MiB',
  'idle      0/0        -         -',
];

it('shows nodes, services and tasks by what they use, the hungriest first', async () => {
  expect(await bench.type('top')).toBe(EXIT.ok);
  const tasks = [
    'TASK      NODE      CPU       MEMORY',
    'web.2     n1        50.00%    1MiB',
    'web.1     n1        20.00%    3MiB',
    'web.3     n2        -         -',
  ];
  expect(bench.session.stdout.text.trimEnd().split('\n')).toEqual([...NODES, '', ...SERVICES, '', ...tasks]);
});

it('orders by memory when asked', async () => {
  await bench.type('top --sort memory');
  const lines = bench.session.stdout.text.trimEnd().split('\n').slice(-3);
  expect(lines.map((line) => line.slice(0, 5))).toEqual(['web.1', 'web.2', 'web.3']);
});

it('says it in numbers for scripts', async () => {
  await bench.type('top --format json');
  const { Nodes, Tasks } = JSON.parse(bench.session.stdout.text) as { Nodes: object[]; Tasks: object[] };
  expect(Nodes).toEqual([
    { Name: 'n1', Cpus: 0.7, MemoryBytes: 4 * 1024 ** 2 },
    { Name: 'n2', Cpus: null, MemoryBytes: null },
  ]);
  expect(Tasks[0]).toEqual({ Name: 'web.2', Cpus: 0.5, MemoryBytes: 1024 ** 2, ID: 't2', Node: 'n1' });
});

it('draws again and again on a terminal, no more than there is room for, until Ctrl-C', async () => {
  bench.manager.tasks = Array.from({ length: 50 }, (_, index) => aTask({ ID: `t${index}`, Slot: index + 1 }));
  bench.whenTimePasses((passedMs) => passedMs >= 6000 && bench.session.interrupt());
  bench.session = bench.newSession({ stdout: new TestScreen(true), clock: bench.session.clock });
  expect(await bench.type('top')).toBe(EXIT.ok);
  expect(bench.session.stdout.text).toContain('more');
  expect(
    Math.max(...bench.session.stdout.text.split('\u001b[2KNODE').map((picture) => picture.split('\n').length)),
  ).toBeLessThanOrEqual(25);
});

it.each(['top --interval 1ms', 'top --sort size', 'top --format yaml'])('%s is refused', async (line) => {
  expect(await bench.type(line)).toBe(EXIT.usage);
});
