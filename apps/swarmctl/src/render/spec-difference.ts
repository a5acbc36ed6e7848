import { renderCpus, renderSize } from './amounts';
import { renderDuration } from './durations';

/** The JSON of a spec, as the API has it. */
type Json = Readonly<Record<string, unknown>>;

/** What people call the parts of a spec; other parts go by their path in the API. */
const NAMES: Readonly<Record<string, string>> = {
  'Labels.': 'label ',
  'Mode.Replicated.Replicas': 'replicas',
  'Mode.ReplicatedJob.TotalCompletions': 'replicas',
  'Mode.ReplicatedJob.MaxConcurrent': 'max concurrent',
  'UpdateConfig.': 'update ',
  'RollbackConfig.': 'rollback ',
  'EndpointSpec.Mode': 'endpoint mode',
  'EndpointSpec.Ports': 'port',
  'TaskTemplate.ForceUpdate': 'forced',
  'TaskTemplate.RestartPolicy.': 'restart ',
  'TaskTemplate.Placement.Constraints': 'constraint',
  'TaskTemplate.Placement.Preferences': 'placement preference',
  'TaskTemplate.Placement.MaxReplicas': 'max replicas per node',
  'TaskTemplate.Placement.Platforms': 'platform',
  'TaskTemplate.Resources.Limits.NanoCPUs': 'CPU limit',
  'TaskTemplate.Resources.Limits.MemoryBytes': 'memory limit',
  'TaskTemplate.Resources.Limits.Pids': 'process limit',
  'TaskTemplate.Resources.Reservations.NanoCPUs': 'reserved CPU',
  'TaskTemplate.Resources.Reservations.MemoryBytes': 'reserved memory',
  'TaskTemplate.Resources.Reservations.GenericResources': 'reserved resource',
  'TaskTemplate.Networks': 'network',
  'TaskTemplate.LogDriver.Name': 'log driver',
  'TaskTemplate.LogDriver.Options.': 'log option ',
  'TaskTemplate.ContainerSpec.Image': 'image',
  'TaskTemplate.ContainerSpec.Command': 'entrypoint',
  'TaskTemplate.ContainerSpec.Args': 'args',
  'TaskTemplate.ContainerSpec.Env.': 'env ',
  'TaskTemplate.ContainerSpec.Labels.': 'container label ',
  'TaskTemplate.ContainerSpec.Dir': 'working directory',
  'TaskTemplate.ContainerSpec.Mounts': 'mount',
  'TaskTemplate.ContainerSpec.Secrets': 'secret',
  'TaskTemplate.ContainerSpec.Configs': 'config',
  'TaskTemplate.ContainerSpec.Healthcheck.': 'health check ',
  'TaskTemplate.ContainerSpec.StopGracePeriod': 'stop grace period',
  'TaskTemplate.ContainerSpec.': '',
  'TaskTemplate.': '',
};
const LONGEST_FIRST = Object.keys(NAMES).sort((a, b) => b.length - a.length);

/** Lists whose order means something: they change as a whole. */
const WORDS = new Set(['Command', 'Args', 'Test']);
const DURATIONS = new Set([
  'Delay',
  'Monitor',
  'Window',
  'Interval',
  'Timeout',
  'StartPeriod',
  'StartInterval',
  'StopGracePeriod',
]);

// Twelve digits of an image's digest tell two builds apart.
const DIGEST = /(@sha256:[0-9a-f]{12})[0-9a-f]+/;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Nothing, an empty text or list and false all say that something is not asked for; zero is a number like others. */
function isAbsent(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function nameOf(path: string): string {
  const known = LONGEST_FIRST.find((prefix) => path === prefix || (prefix.endsWith('.') && path.startsWith(prefix)));
  if (known === undefined) return path;
  const rest = path.slice(known.length);
  const isMap = known.endsWith('abels.') || known.endsWith('Env.') || known.endsWith('Options.');
  return `${NAMES[known]}${isMap ? rest : inWords(rest)}`;
}

/** `MaxFailureRatio` as `max failure ratio`; the parts of a path, and abbreviations, stay as they are. */
function inWords(path: string): string {
  return path.replace(/([a-z]?)([A-Z])(?=[a-z])/g, (_, before: string, letter: string) =>
    before === '' ? letter.toLowerCase() : `${before} ${letter.toLowerCase()}`,
  );
}

function renderNumber(value: number, path: string): string {
  const key = path.slice(path.lastIndexOf('.') + 1);
  if (key === 'NanoCPUs') return renderCpus(value);
  if (key === 'MemoryBytes') return renderSize(value);
  return DURATIONS.has(key) ? renderDuration(value) : String(value);
}

/** An item of a list on one line: `Type=bind,Source=/a,Target=/b`. */
function renderValue(value: unknown, path: string): string {
  if (typeof value === 'number') return renderNumber(value, path);
  if (Array.isArray(value)) return value.map((item) => renderValue(item, path)).join(' ');
  if (!isObject(value)) return String(value).replace(DIGEST, '$1…');
  const leaves = (object: Json): string[] =>
    Object.entries(object).flatMap(([key, item]) =>
      isAbsent(item) ? [] : isObject(item) ? leaves(item) : [`${key}=${renderValue(item, key)}`],
    );
  return leaves(value).join(',');
}

/** `A=1` as the entry of a map, so that a changed variable shows as one change. */
function envAsMap(list: readonly unknown[]): Json {
  const pairs = list.map(String).map((variable): [string, string] => {
    const equals = variable.indexOf('=');
    return equals < 0 ? [variable, '(empty)'] : [variable.slice(0, equals), variable.slice(equals + 1) || '(empty)'];
  });
  return Object.fromEntries(pairs);
}

function differenceOfLists(before: readonly unknown[], after: readonly unknown[], path: string): string[] {
  const name = nameOf(path);
  const was = before.map((item) => renderValue(item, path));
  const is = after.map((item) => renderValue(item, path));
  return [
    ...was.filter((item) => !is.includes(item)).map((item) => `-${name} ${item}`),
    ...is.filter((item) => !was.includes(item)).map((item) => `+${name} ${item}`),
  ];
}

function differenceOfObjects(before: Json, after: Json, path: string): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => difference(before[key], after[key], path === '' ? key : `${path}.${key}`));
}

function differenceOfValues(before: unknown, after: unknown, path: string): string[] {
  const name = nameOf(path);
  if (isAbsent(before)) return [after === true ? `+${name}` : `+${name} ${renderValue(after, path)}`];
  if (isAbsent(after)) return [before === true ? `-${name}` : `-${name} ${renderValue(before, path)}`];
  const [was, is] = [renderValue(before, path), renderValue(after, path)];
  return was === is ? [] : [`${name} ${was} → ${is}`];
}

function difference(before: unknown, after: unknown, path: string): string[] {
  if (isAbsent(before) && isAbsent(after)) return [];
  const key = path.slice(path.lastIndexOf('.') + 1);
  if (Array.isArray(before ?? after) && !WORDS.has(key)) {
    const [was, is] = [before ?? [], after ?? []] as [unknown[], unknown[]];
    return key === 'Env' ? differenceOfObjects(envAsMap(was), envAsMap(is), path) : differenceOfLists(was, is, path);
  }
  if (isObject(before ?? after)) return differenceOfObjects((before ?? {}) as Json, (after ?? {}) as Json, path);
  return differenceOfValues(before, after, path);
}

/**
 * What has to be done to one spec to get the other, each change in a few words: `image nginx:1 → nginx:2`, `+env A 1`,
 * `-constraint node.role==worker`. What is left open and what is empty count as the same.
 */
export function specDifference(before: Json, after: Json): string[] {
  return differenceOfObjects(before, after, '');
}
