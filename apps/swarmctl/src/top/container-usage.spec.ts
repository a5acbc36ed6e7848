import { toSample, usageBetween, type UsageSample } from './container-usage';

const sample = (parts: Partial<UsageSample> = {}): UsageSample => ({
  cpuNanos: 100,
  hostNanos: 1000,
  cores: 2,
  memoryBytes: 5,
  ...parts,
});

describe('a sample of the engine', () => {
  const stats = (memory: object, cpu: object = {}): object => ({
    cpu_stats: { cpu_usage: { total_usage: 7 }, system_cpu_usage: 9, online_cpus: 4, ...cpu },
    memory_stats: { usage: 100, ...memory },
  });

  it.each([
    ['version 1 of control groups', stats({ stats: { total_inactive_file: 30, inactive_file: 1 } }), 70],
    ['version 2 of control groups', stats({ stats: { inactive_file: 40 } }), 60],
    ['no counter of files', stats({}), 100],
    ['more files than memory', stats({ stats: { inactive_file: 400 } }), 0],
  ])('with %s', (_, given, memoryBytes) => {
    expect(toSample(given as never)).toEqual({ cpuNanos: 7, hostNanos: 9, cores: 4, memoryBytes });
  });

  it('counts cores by their counters when the engine does not say', () => {
    const given = stats({}, { online_cpus: undefined, cpu_usage: { total_usage: 1, percpu_usage: [1, 2, 3] } });
    expect(toSample(given as never)?.cores).toBe(3);
  });

  it('is none when the container does not run', () => expect(toSample({ cpu_stats: {}, memory_stats: {} })).toBeUndefined());
});

it.each([
  ['a quarter of the host is half a core of two', sample(), sample({ cpuNanos: 350, hostNanos: 2000 }), 0.5],
  ['nothing was used', sample(), sample({ hostNanos: 2000 }), 0],
  ['the first sample tells of memory only', undefined, sample(), undefined],
  ['after a restart there is nothing to compare', sample(), sample({ cpuNanos: 1, hostNanos: 2000 }), undefined],
  ['the same moment tells nothing', sample(), sample(), undefined],
])('%s', (_, before, now, cpus) => expect(usageBetween(before, now)).toEqual({ cpus, memoryBytes: 5 }));
