import { asObject, type JsonObject } from '../json-values';

/** What a container has used at one moment, as its engine counts it. */
export interface UsageSample {
  /** CPU time of the container since it began, in nanoseconds. */
  readonly cpuNanos: number;
  /** CPU time of the whole host, over all its cores, in nanoseconds. */
  readonly hostNanos: number;
  readonly cores: number;
  /** Without what the kernel keeps of files and gives up when asked. */
  readonly memoryBytes: number;
}

/** What a task uses. */
export interface Usage {
  /** Cores: 0.5 is half of one. Undefined until there are two samples. */
  readonly cpus: number | undefined;
  readonly memoryBytes: number;
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** The kernel's counter of file pages that are not in use; its name depends on the version of control groups. */
function cachedBytes(stats: JsonObject): number {
  return numberOf(stats.total_inactive_file ?? stats.inactive_file);
}

/** Reads the engine's statistics; undefined when it has none, of a container that does not run. */
export function toSample(stats: JsonObject): UsageSample | undefined {
  const cpu = asObject(stats.cpu_stats);
  const memory = asObject(stats.memory_stats);
  const hostNanos = numberOf(cpu.system_cpu_usage);
  if (hostNanos === 0) return undefined;
  const perCore = asObject(cpu.cpu_usage).percpu_usage;
  return {
    cpuNanos: numberOf(asObject(cpu.cpu_usage).total_usage),
    hostNanos,
    cores: numberOf(cpu.online_cpus) || (Array.isArray(perCore) ? perCore.length : 1),
    memoryBytes: Math.max(0, numberOf(memory.usage) - cachedBytes(asObject(memory.stats))),
  };
}

/** What was used between two samples of one container; one alone tells of memory only. */
export function usageBetween(before: UsageSample | undefined, now: UsageSample): Usage {
  const { memoryBytes, cores } = now;
  // A container that was restarted counts from nothing again.
  const isSameRun = before !== undefined && now.cpuNanos >= before.cpuNanos && now.hostNanos > before.hostNanos;
  if (!isSameRun) return { cpus: undefined, memoryBytes };
  return { cpus: ((now.cpuNanos - before.cpuNanos) / (now.hostNanos - before.hostNanos)) * cores, memoryBytes };
}
