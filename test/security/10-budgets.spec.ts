import fc from 'fast-check';
import { isCode } from '#common/errors';
import { constraintProblem, parseImage, readConstraint } from '#common/domain';
import { ContainerSpec, NodeDescription, Task } from '#common/proto';
import { FUNCTIONS } from '#common/template';
import { allMessageSchemas, type FieldSchema, type MessageSchema } from '#common/wire';
import { expandTemplates } from '../../apps/agent/src/executor/docker/expand-templates';
import { toPayloadFiles } from '../../apps/agent/src/payloads/payload-files';
import { validateTemplates } from '../../apps/manager/src/api/validate/templates';
import { ApiScenario, filters, spec } from '../../apps/manager/src/api/testing/api-scenario';
import { parseYaml } from '../../apps/swarmctl/src/compose/documents/yaml-document';
import { interpolate } from '../../apps/swarmctl/src/compose/interpolation/template';
import { formatObject, formatRows, requireReadable } from '../../apps/swarmctl/src/render/format-template';

/** On a machine that has other things to do; each took seconds, or for ever, without a budget. */
const MOST_CPU_MS = 1_500;
const KIB = 1024;

const SCHEMAS = new Map(allMessageSchemas().map((schema) => [schema.name, schema]));
const fieldsOf = (message: string): FieldSchema[] => [...(SCHEMAS.get(message) as MessageSchema).fields.values()];

/** Milliseconds of this process's time. */
function cpuOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** The text that an error has, having made sure that it is one of the input. */
function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(isCode(error, 'INVALID_ARGUMENT') ? '' : String(error)).toBe('');
    return (error as Error).message;
  }
  return '';
}

const repeated = (count: number, text: string): string => text.repeat(count);
const fields = (count: number, text: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => `E${index}=${text(index)}`);
const labelsOf = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v'.repeat(20)]));

const GROW = `{{$a := "${'a'.repeat(16)}"}}${repeated(11, '{{$a = print $a $a}}')}`;
const NESTED = '{{range .Service.Labels}}{{range $.Service.Labels}}{{end}}{{end}}';

interface Costly {
  readonly env: string[];
  readonly labels?: Record<string, string>;
}

/** Specs of less than 500 KiB that are valid in every other way. */
const COSTLY: [string, Costly][] = [
  ['loops in loops', { env: fields(2_000, () => NESTED), labels: labelsOf(95) }],
  [
    'labels looked up',
    { env: fields(300, () => '{{range .Service.Labels}}{{index $.Service.Labels "k1"}}{{end}}'), labels: labelsOf(8_000) },
  ],
  ['labels printed', { env: fields(2_000, () => '{{.Service.Labels}}'), labels: labelsOf(5_000) }],
  ['labels counted', { env: fields(3_000, () => '{{len (print .Service.Labels)}}'), labels: labelsOf(5_000) }],
  ['texts compared', { env: fields(40, () => GROW + repeated(300, '{{if lt $a $a}}{{end}}')) }],
  ['texts quoted', { env: fields(40, () => GROW + repeated(300, '{{len (printf "%q" $a)}}')) }],
  ['formats read', { env: fields(40, () => GROW.replace(/a{16}/, '%'.repeat(16)) + repeated(300, '{{len (printf $a)}}')) }],
  ['texts joined', { env: [`A=${GROW}{{len (join $a${repeated(900, ' $a')})}}`] }],
  ['texts put together', { env: [`A=${GROW}{{len (print${repeated(900, ' $a')})}}`] }],
  ['widths', { env: fields(3, () => `{{len (printf "${repeated(900, '%999s')}"${repeated(900, ' .')})}}`) }],
  ['text repeated', { env: fields(500, () => `{{range .Service.Labels}}${'x'.repeat(300)}{{end}}`), labels: labelsOf(200) }],
  ['more arguments than a function is given', { env: [`A={{print${repeated(20_000, ' 1')}}}`] }],
];

const NODE = NodeDescription.fromPartial({ hostname: 'host1', platform: { architecture: 'x86_64', os: 'linux' } });

const aTask = ({ env, labels = {} }: Costly): Task =>
  Task.fromPartial({ id: 't', serviceName: 'web', serviceLabels: labels, slot: 1, spec: { containerSpec: { env } } });

describe('promise 10: what a template may cost is bounded', () => {
  it.each(COSTLY)('%s are refused at create, with the field named', (_, { env, labels = {} }) => {
    const check = (): void => validateTemplates(ContainerSpec.fromPartial({ env }), labels);
    expect(cpuOf(() => expect(refusalOf(check)).toMatch(/ContainerSpec: Env \w+: template '/))).toBeLessThan(MOST_CPU_MS);
  });

  it.each(COSTLY)('%s are refused by an agent, with the field named', (_, costly) => {
    const expand = (): unknown => expandTemplates(aTask(costly), NODE);
    expect(cpuOf(() => expect(refusalOf(expand)).toMatch(/^expanding Env \w+ failed: template '/))).toBeLessThan(MOST_CPU_MS);
  });

  it('what people write is far from the bounds', () => {
    const env = fields(
      1_000,
      (index) => `{{.Service.Name}}-{{.Task.Slot}}-{{index .Service.Labels "k${index}"}}-{{printf "%05d" ${index}}}`,
    );
    validateTemplates(ContainerSpec.fromPartial({ env }), labelsOf(1_000));
    const expanded = expandTemplates(aTask({ env, labels: labelsOf(1_000) }), NODE).spec?.containerSpec?.env;
    expect(expanded?.[7]).toBe('E7=web-1-vvvvvvvvvvvvvvvvvvvv-00007');
  });

  it('secrets and configs share a budget, and the environment is put together once for all of them', () => {
    const templated = { templated: true, problem: '', data: Buffer.from('{{env "E1"}}') };
    const configs = Array.from({ length: 500 }, (_, index) => ({
      configId: `c${index}`,
      configName: `c${index}`,
      file: { name: `/c${index}`, uid: '0', gid: '0' },
    }));
    const task = aTask({ env: fields(1_000, () => '{{.Node.Hostname}}{{.Task.Slot}}{{.Service.Name}}') });
    const withConfigs = Task.fromPartial({ ...task, spec: { containerSpec: { ...task.spec?.containerSpec, configs } } });
    const files = (payload: object) => () => toPayloadFiles(withConfigs, NODE, () => payload as never);
    expect(cpuOf(files(templated))).toBeLessThan(MOST_CPU_MS);
    const costly = { ...templated, data: Buffer.from(GROW + repeated(100, '{{len (print $a $a $a)}}')) };
    expect(cpuOf(() => expect(refusalOf(files(costly))).toMatch(/^expanding config c\d+ failed/))).toBeLessThan(2 * MOST_CPU_MS);
  });

  it.each([
    [
      'parentheses with pipelines in each of them',
      `{{${Array.from({ length: 49 }).reduce<string>((inner) => `(${inner}${repeated(48, '|print')})`, '1')}}}`,
    ],
    ['functions in each other', `{{${repeated(5_000, 'not (')}1${repeated(5_000, ')')}}}`],
    ['parentheses', `{{${repeated(20_000, '(')}1${repeated(20_000, ')')}}}`],
    ['fields of fields', `{{(${repeated(10_000, '(')}.Task${repeated(10_000, ').ID')})}}`],
    ['blocks', repeated(5_000, '{{if true}}') + repeated(5_000, '{{end}}')],
    ['one condition after the other', `{{if false}}${repeated(3_000, '{{else if false}}')}{{end}}`],
    ['a pipeline', `{{1${repeated(9_000, '|print')}}}`],
  ])('%s nested without end are an error of the input', (_, text) => {
    const env = [`A=${text}`];
    expect(refusalOf(() => validateTemplates(ContainerSpec.fromPartial({ env }), {}))).toMatch(/Env A: template/);
    expect(refusalOf(() => expandTemplates(aTask({ env }), NODE))).toMatch(/^expanding Env A failed/);
    expect(refusalOf(() => requireReadable(text))).toMatch(/^--format: template/);
  });

  it('any template at all ends soon, with a text or an error of the input', () => {
    const pieces = fc.constantFrom(
      ...[
        '{{range .Service.Labels}}',
        '{{range $k, $v := $.Service.Labels}}',
        '{{end}}',
        '{{else}}',
        '{{if ',
        '{{with ',
        ' | ',
        '(',
        ')',
        '}}',
      ],
      ...[
        '{{$a := "ab"}}',
        '{{$a = print $a $a}}',
        '$a ',
        '$k ',
        '. ',
        '.Service.Labels ',
        '"%999q" ',
        '1 ',
        '{{',
        'x'.repeat(500),
      ],
      ...[...FUNCTIONS.keys()].map((name) => `${name} `),
    );
    const texts = fc
      .array(fc.array(pieces, { maxLength: 40 }), { maxLength: 8 })
      .map((all) => all.map((parts) => parts.join('')));
    const labels = labelsOf(300);
    fc.assert(
      fc.property(texts, (all) => {
        const env = fields(all.length * 20, (index) => all[index % all.length] ?? '');
        expect(cpuOf(() => refusalOf(() => expandTemplates(aTask({ env, labels }), NODE)))).toBeLessThan(MOST_CPU_MS);
      }),
      { numRuns: Math.min(Number(process.env.SECURITY_RUNS ?? 200), 2_000) },
    );
  });
});

describe('promise 10: swarmctl --format', () => {
  const deep = (levels: number): unknown => JSON.parse(`${repeated(levels, '{"a":[')}1${repeated(levels, ']}')}`);

  it('refuses an object that nests too deeply', () => {
    expect(refusalOf(() => formatObject('{{json .}}', deep(50_000)))).toMatch(/nested more than/);
    expect(formatObject('{{json .}}', deep(20))).toContain('"a"');
  });

  it('gives up on what would fill the memory', () => {
    const template = `${GROW}{{len (join (split (print${repeated(500, ' $a')}) "") $a)}}`;
    const rows = (): unknown => formatRows(template, [{ heading: 'NAME', cell: () => 'x' }], [1]);
    expect(cpuOf(() => expect(refusalOf(rows)).toMatch(/more than|longer than/))).toBeLessThan(2 * MOST_CPU_MS);
  });
});

describe('promise 10: no text that somebody sends keeps a program busy', () => {
  const LONG = 48 * KIB;
  /** Beginnings that patterns may take in more than one way, repeated, and an end that spoils the match. */
  const BEFORE = ['', 'a', 'node.labels.a in (', 'a in ', 'service==a ', '[', 'a@sha256:', 'a:'];
  const REPEATED = [
    'a',
    ' ',
    '\t',
    'a ',
    '-',
    '--',
    '_',
    '__',
    '.',
    'a.',
    'a-',
    'a__',
    '/',
    'a/',
    '0',
    ')',
    '(',
    'in (',
    '=',
    '==',
    '<',
    ':',
    'a:',
    '@',
    '[',
    '%',
    '\\',
    '\n',
  ];
  const AFTER = ['', '!', ')'];
  const TEXTS = BEFORE.flatMap((before) =>
    REPEATED.flatMap((each) => AFTER.map((after) => before + each.repeat(LONG / each.length) + after)),
  );

  it.each<[string, (text: string) => unknown]>([
    ['an image reference', parseImage],
    ['a constraint', readConstraint],
    ['what is wrong with a constraint', constraintProblem],
  ])('%s is read in a time that grows with its length', (_, read) => {
    for (const text of TEXTS) expect(cpuOf(() => refusalOf(() => read(text)))).toBeLessThan(MOST_CPU_MS);
  });

  it('a compose file that nests without end is an error of the file', () => {
    for (const text of [
      repeated(20_000, '['),
      repeated(20_000, '{a: '),
      repeated(20_000, '[') + repeated(20_000, ']'),
      repeated(20_000, '- '),
    ]) {
      expect(refusalOf(() => parseYaml('compose.yaml', text))).toMatch(/^compose\.yaml/);
    }
  });

  it('a variable in a compose file that nests without end is an error of the file', () => {
    const text = repeated(50_000, '${A:-') + repeated(50_000, '}');
    expect(refusalOf(() => interpolate(text, { valueOf: () => undefined, unset: () => undefined }))).not.toBe('');
  });
});

describe('promise 10: no request keeps a manager busy', () => {
  const MOST_BYTES = 200 * KIB;
  let scenario: ApiScenario;

  beforeAll(async () => {
    scenario = await ApiScenario.start();
  });
  afterAll(() => scenario.stop());

  const deepJson = (levels: number): string => `${repeated(levels, '{"Spec":[')}1${repeated(levels, ']}')}`;

  it.each([
    '/services/create',
    '/networks/create',
    '/secrets/create',
    '/configs/create',
    '/nodes/x/update?version=1',
    '/swarm/init',
    '/swarm/join',
  ])('a body for %s that nests without end is answered as any other', async (path) => {
    for (const body of [
      deepJson(100_000),
      `{"Name":${deepJson(100_000)},"Labels":${deepJson(50_000)},"TaskTemplate":${deepJson(50_000)}}`,
    ]) {
      const { status } = await scenario.post(path, body);
      // 501: what this test's manager has no cluster for.
      expect(status === 501 ? 400 : status).toBeLessThan(500);
    }
  });

  it('filters that nest without end are refused', async () => {
    const text = encodeURIComponent(repeated(2_000, '['));
    expect((await scenario.get(`/services?filters=${text}`)).status).toBe(400);
    expect((await scenario.get(`/services?${filters({ name: ['x'] })}`)).status).toBe(200);
  });

  /** A spec with as much in one field as fits, by the way to it. */
  function* crowded(): Iterable<[path: string, fields: object]> {
    yield* crowdedIn('ServiceSpec', [], (inner) => inner);
  }

  function* crowdedIn(message: string, path: string[], wrap: (inner: object) => object): Iterable<[string, object]> {
    if (path.length > 4) return;
    for (const field of fieldsOf(message)) {
      const at = [...path, field.jsonName];
      const value = manyOf(field);
      if (value !== undefined) yield [at.join('.'), wrap({ [field.jsonName]: value })];
      if (field.kind.is === 'message' && !field.repeated) {
        yield* crowdedIn(field.kind.name, at, (inner) => wrap({ [field.jsonName]: inner }));
      }
    }
  }

  function manyOf(field: FieldSchema): unknown {
    const texts = Array.from({ length: MOST_BYTES / 20 }, (_, index) => `a${index}==${index}`);
    if (field.kind.is === 'map') return Object.fromEntries(texts.map((text) => [text, text]));
    if (!field.repeated) return field.kind.is === 'string' ? 'a'.repeat(MOST_BYTES) : undefined;
    if (field.kind.is === 'string') return texts;
    if (field.kind.is !== 'message') return undefined;
    const names = fieldsOf(field.kind.name).filter(({ kind, repeated: many }) => kind.is === 'string' && !many);
    const each = Math.max(40, names.length * 20);
    return Array.from({ length: MOST_BYTES / each }, (_, index) =>
      Object.fromEntries(names.map(({ jsonName }) => [jsonName, `/a${index}`])),
    );
  }

  it.each([...crowded()])('a service with as many %s as fit is answered soon', async (_, crowd) => {
    const before = process.cpuUsage();
    const { status } = await scenario.post('/services/create', { ...spec('crowd'), ...crowd }, { connection: 'close' });
    const { user, system } = process.cpuUsage(before);
    expect(status).toBeLessThan(500);
    expect((user + system) / 1_000).toBeLessThan(2 * MOST_CPU_MS);
  });
});
