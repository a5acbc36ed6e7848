import fc from 'fast-check';
import { DomainError, isCode } from '../errors';
import { ContainerSpec } from '../proto';
import { anyText } from '../testing/any-text';
import { taskTypes, taskValues, type TaskFields } from './task-fields';
import { expandTemplate, isTemplate, requireValidTemplate } from './template';
import { mapTemplates } from './templated-fields';

const LABELS = { tier: 'gold', 'a.b': 'dotted', empty: '' };
const FIELDS: TaskFields = {
  service: { id: 'service1', name: 'web', labels: LABELS },
  node: { id: 'node1', hostname: 'host1', architecture: 'x86_64', os: 'linux' },
  task: { id: 'task1', name: 'web.7.task1', slot: '7' },
};
/** More than any honest template needs. */
const MAX_CPU_MICROSECONDS = 500_000;

const expand = (text: string): string => expandTemplate('Env A', text, taskValues(FIELDS));
const check = (text: string): void => requireValidTemplate('Env A', text, taskTypes(LABELS));

describe('a template', () => {
  it.each([
    ['{{.Service.ID}} {{.Service.Name}}', 'service1 web'],
    ['{{.Node.ID}} {{.Node.Hostname}} {{.Node.Platform.Architecture}}/{{.Node.Platform.OS}}', 'node1 host1 x86_64/linux'],
    ['{{.Task.ID}} {{.Task.Name}} {{.Task.Slot}}', 'task1 web.7.task1 7'],
    ['{{ .Service.Labels.tier }} {{index .Service.Labels "a.b"}}', 'gold dotted'],
    ['{{$.Service.Name}}{{with .Node}}{{.Hostname}}{{$.Task.Slot}}{{end}}', 'webhost17'],
    ['[{{index .Service.Labels "none"}}]', '[]'],
    ['{{range $k, $v := .Service.Labels}}{{$k}}={{$v}},{{end}}', 'a.b=dotted,empty=,tier=gold,'],
    ['{{range .Service.Labels}}<{{.}}>{{end}}', '<dotted><><gold>'],
    ['{{join "-" .Service.Name .Task.Slot}}', 'web-7'],
    ['{{.Service.Labels}} {{.Node}}', 'map[a.b:dotted empty: tier:gold] {node1 host1 {x86_64 linux}}'],
    ['{{if eq .Task.Slot "7"}}seventh{{else}}other{{end}}', 'seventh'],
    ['{{printf "%03s" .Task.Slot}}', '007'],
    ['{{with index .Service.Labels "none"}}{{.}}{{else}}default{{end}}', 'default'],
    ['{{or (index .Service.Labels "none") .Node.Hostname}}', 'host1'],
    ['{{and .Node .Service.Name}}', 'web'],
    ['{"a":{"b":1}} }}', '{"a":{"b":1}} }}'],
  ])('%s is %s', (text, result) => {
    check(text);
    expect(expand(text)).toBe(result);
  });
});

// Each as Go's own text/template gives it, asked through `docker context ls --format`.
describe('as in Go', () => {
  it.each([
    ['{{printf "%03s|%-4s|%4s|%.2s|%q|%5q" "1" "a" "b" "xyz" "q\\"" "z"}}', '001|a   |   b|xy|"q\\""|  "z"'],
    ['{{printf "%05d|%+d|% d|%-5d|%x|%x|%05d" 42 7 8 9 255 "hi" -42}}', '00042|+7| 8|9    |ff|6869|-0042'],
    ['{{printf "%t|%v|%v|%3v|%5%" true "v" 12 true}}', 'true|v|12|true|%'],
    ['{{printf "%05q|%-6q|%8.3s|%06x" "a" "b" "abcdef" 255}}', '00"a"|"b"   |     abc|0000ff'],
    ['{{lt "a" "b"}}{{le 2 2}}{{gt "b" "B"}}{{ge 1 2}}{{ne "a" "b"}}{{eq "a" "b" "a"}}', 'truetruetruefalsetruetrue'],
    ['{{or "" "x"}}{{and "a" "b"}}{{not ""}}{{or 0 ""}}|', 'xbtrue|'],
    ['{{with "d"}}{{.}}{{else}}n{{end}}{{with ""}}y{{else}}n{{end}}', 'dn'],
    ['{{len "äb"}}{{index "äb" 0}}{{slice "äbc" 2}}{{slice "abc"}}{{slice "abc" 1 2}}', '3195bcabcb'],
    ['{{if eq "d" "d"}}d{{else if true}}x{{else}}o{{end}}{{if 0}}d{{else if true}}x{{else}}o{{end}}', 'dx'],
    ['{{$a := "x"}}{{if true}}{{$a = "y"}}{{$b := $a}}{{$b}}{{end}}{{$a}}', 'yy'],
    ['{{print 1 2 "a" "b" 3 true false}}|{{println "a" 1 true}}|{{print}}|', '1 2ab3 true false|a 1 true\n||'],
    ['{{-7}} {{+7}} {{0x1F}} {{1_000}} {{0b11}} {{0o17}}', '-7 7 31 1000 3 15'],
    ['a  {{- /* c */ -}}  b{{/* d */}}', 'ab'],
    ['a {{- "x" }} b {{ "y" -}}  c', 'ax b yc'],
    ['{{"tab\\u0041\\x42\\n"}}{{`raw "q"}}`}}', 'tabAB\nraw "q"}}'],
    ['{{"default" | printf "%s/%s" "pre"}}', 'pre/default'],
    ['{{(len "abc") | printf "%02d"}}', '03'],
    ['{{if and true (or false "z")}}z{{end}}', 'z'],
    ['{{and 1 "" (index "a" 9)}}|{{or 1 (index "a" 9)}}', '|1'],
    ['{{with $x := "v"}}{{$x}}{{end}}{{if $n := len "abc"}}{{$n}}{{end}}', 'v3'],
    ['{{eq 1 1 | printf "%t"}}', 'true'],
  ])('%s is %j', (text, result) => {
    check(text);
    expect(expand(text)).toBe(result);
  });
});

describe('what is refused before there is a task', () => {
  it.each([
    [
      '{{.Task.Name}} {{.Node.Hostnam}}',
      "'{{.Task.Name}} {{.Node.Hostnam}}', character 23: there is no .Node.Hostnam; did you mean .Node.Hostname? There are .Service.ID",
    ],
    ['{{.Foo.Bar}}', 'character 3: there is no .Foo.Bar; there are .Service.ID, .Service.Name, .Service.Labels, .Node.ID'],
    ['{{.node.hostname}}', 'did you mean .Node.Hostname?'],
    ['{{.Hostname}}', 'did you mean .Node.Hostname?'],
    ['{{.Task.Slots}}', 'did you mean .Task.Slot?'],
    ['{{$.Task.Foo}}', 'there is no .Task.Foo; there are .Service.ID'],
    ['{{with .Node}}{{.Slot}}{{end}}', 'there is no .Slot; there are .ID, .Hostname, .Platform.Architecture, .Platform.OS'],
    ['{{if false}}{{.Nope}}{{end}}', 'there is no .Nope'],
    ['{{range .Service.Labels}}{{.Key}}{{end}}', '.Key of a text does not exist'],
    ['{{.Task.Slot.Number}}', '.Number of a text does not exist'],
    ['{{.Service.Labels.teir}}', `there is no label 'teir'; {{index .Service.Labels "teir"}} would be empty without it`],
    ['{{eq .Task.Slot 1}}', 'character 3: eq: it cannot compare text with number'],
    ['{{lt true false}}', 'it compares only text, number'],
    ['{{printf "%03d" .Task.Slot}}', 'printf: %03d takes a number, not text; for text write %03s'],
    ['{{printf "%s"}}', '%s has no argument'],
    ['{{printf "a" 1}}', 'there are 1 more arguments than % in the format'],
    ['{{printf "%s" 1}}', '%s takes text, not a number'],
    ['{{printf "%z" 1}}', '%z is not known; there are %s'],
    ['{{printf 5}}', 'its first argument is the format'],
    ['{{join .Service.Labels ","}}', 'join: it takes a separator and the texts to join'],
    ['{{len 3}}', 'len: it counts text, labels and lists only'],
    ['{{not}}', 'not: it takes 1 argument, not 0'],
    ['{{and}}', 'and: it takes at least 1 argument, not 0'],
    ['{{range .Task}}{{end}}', 'range goes over labels and lists only'],
    ['{{env "A"}}', "function 'env' not defined; there are and, or, not, eq"],
    ['{{define "a"}}{{end}}', "'define' cannot be used here"],
    ['{{.Service.Name', 'character 1: the {{ is not followed by }}'],
    ['{{"a}}', 'character 3: the quoted text does not end'],
    ['{{/* a }}', 'the comment does not end'],
    ['{{}}', 'a value is missing'],
    ['{{if}}a{{end}}', 'a value is missing'],
    ['{{if true}}a', '{{if}} without {{end}}'],
    ['{{if true}}a{{else}}b', '{{if}} without {{end}}'],
    ['{{if true}}a{{else}}b{{else}}c{{end}}', '{{end}} is expected here'],
    ['a{{end}}', 'character 4: {{end}} without a block before it'],
    ['{{$x}}', "undefined variable '$x'"],
    ['{{if true}}{{$x := 1}}{{else}}{{$x}}{{end}}', "undefined variable '$x'"],
    ['{{$ = 1}}', '$ cannot be set'],
    ['{{1 2}}', 'only a function takes arguments'],
    ['{{.Task.ID "x"}}', 'only a function takes arguments'],
    ['{{1|2}}', 'only a function can stand after |'],
    ['{{"a""b"}}', 'a space is missing'],
    ['{{1.5}}', "'1.5' is not a whole number"],
    ['{{99999999999999999999}}', 'is not a whole number'],
    ['{{"\\q"}}', 'holds a \\ that means nothing'],
    ['{{.Task.ID; .Node.ID}}', "';' is not understood here"],
    ['{{(.Task.ID}}', 'a ) is missing'],
    ['{{.Task.ID)}}', "')' is not expected here"],
    ['{{' + '('.repeat(1_000) + '1' + ')'.repeat(1_000) + '}}', 'more than 50 levels of parentheses'],
    ['{{1' + '|print'.repeat(1_000) + '}}', 'more than 50 stages'],
    ['{{if true}}'.repeat(1_000) + '{{end}}'.repeat(1_000), 'more than 50 blocks'],
    ['{{$a := 1}}'.repeat(200), 'more than 100 variables'],
    ['{{1}}'.padEnd(70_000, 'x'), 'longer than 65536 characters'],
  ])('%s', (text, message) => {
    expect(() => check(text)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
    );
    expect(() => check(text)).toThrow(/^Env A: template '/);
  });
});

describe('what only the values tell is left to the node', () => {
  it.each([
    ['{{index "abc" 3}}', undefined],
    ['{{if index .Service.Labels "none"}}{{.Service.Labels.none}}{{end}}', ''],
    ['{{slice .Node.Hostname 1 99}}', undefined],
    ['{{$x := 1}}{{$x = "a"}}{{if eq $x "a"}}a{{end}}', 'a'],
    ['{{$x := "a"}}{{$x = 1}}{{$x.ID}}', undefined],
    ['{{if .Task.Slot}}{{.Service.Labels.none}}{{end}}', undefined],
    ['{{printf .Task.Slot 1}}', undefined],
  ])('%s', (text, result) => {
    check(text);
    if (result === undefined) expect(() => expand(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    else expect(expand(text)).toBe(result);
  });
});

describe('work and results are bounded', () => {
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`k${index}`, 'v'.repeat(100)]));
  const values = taskValues({ ...FIELDS, service: { ...FIELDS.service, labels: many } });
  const nested = (depth: number, inner: string): string =>
    '{{range $.Service.Labels}}'.repeat(depth) + inner + '{{end}}'.repeat(depth);

  it.each([
    [nested(3, ''), 'it takes more than'],
    [nested(1, '{{.}}'), 'the result is longer than'],
    [`{{$a := "aa"}}${nested(1, '{{$a = print $a $a}}')}`, 'the result is longer than'],
  ])('%s', (text, message) => {
    const started = process.cpuUsage();
    expect(() => expandTemplate('Env A', text, values)).toThrow(message);
    expect(process.cpuUsage(started).user).toBeLessThan(MAX_CPU_MICROSECONDS);
  });
});

describe('any text', () => {
  const fragments = fc.constantFrom(
    ...[
      '{{',
      '}}',
      '{{- ',
      ' -}}',
      '"',
      '`',
      '\\',
      '(',
      ')',
      '|',
      '.',
      ' ',
      ':=',
      '=',
      ',',
      '$x',
      '$',
      '1',
      '-',
      '/*',
      '*/',
      '%s',
      '%d',
    ],
    ...[
      '.Service',
      '.Labels',
      '.Task',
      '.Slot',
      'if ',
      'else',
      'end',
      'range ',
      'with ',
      'index ',
      'printf ',
      'eq ',
      'slice ',
      'print ',
    ],
  );
  const nearTemplate = fc.array(fc.oneof({ weight: 5, arbitrary: fragments }, fc.string()), { maxLength: 30 });
  /** Every part of a text of these is reached: the condition holds, and there are labels. */
  const reached = [
    '{{.Task.Slot}}',
    '{{if .Node.ID}}',
    '{{end}}',
    '{{range $k, $v := .Service.Labels}}',
    '{{$k}}',
    'x',
    ' {{- 1 -}} ',
  ];
  const allReached = fc.array(fc.constantFrom(...reached), { maxLength: 12 });
  const valid = fc.array(fc.constantFrom(...reached, '{{else}}'), { maxLength: 12 });

  /** The text that comes out, or the error. */
  const outcome = (run: () => unknown): unknown => {
    try {
      return run();
    } catch (error) {
      return error;
    }
  };

  it('without {{ comes back unchanged', () =>
    fc.assert(
      fc.property(
        anyText.filter((text) => !isTemplate(text)),
        (text) => expand(text) === text,
      ),
    ));

  it('is expanded, the same each time, or refused in our words', () =>
    fc.assert(
      fc.property(fc.oneof(nearTemplate, valid), (parts) => {
        const text = parts.join('');
        const first = outcome(() => expand(text));
        if (first instanceof Error) expect(isCode(first, 'INVALID_ARGUMENT')).toBe(true);
        const second = outcome(() => expand(text));
        expect(second instanceof Error ? second.message : second).toBe(first instanceof Error ? first.message : first);
      }),
      { numRuns: 2_000 },
    ));

  it('that is not refused before there is a task can be expanded', () =>
    fc.assert(
      fc.property(valid, (parts) => {
        const text = parts.join('');
        if (outcome(() => check(text)) instanceof DomainError) return;
        expect(outcome(() => expand(text))).toEqual(expect.any(String));
      }),
      { numRuns: 1_000 },
    ));

  it('that is refused before there is a task could not have been expanded either, when every part is reached', () =>
    fc.assert(
      fc.property(allReached, (parts) => {
        const text = parts.join('');
        const refused = outcome(() => check(text)) instanceof DomainError;
        expect(outcome(() => expand(text)) instanceof DomainError).toBe(refused);
      }),
      { numRuns: 1_000 },
    ));
});

describe('the parts of a container that may be templates', () => {
  it('are the values of the environment, the hostname, and the texts of mounts', () => {
    const seen: string[] = [];
    const spec = ContainerSpec.fromJSON({
      Image: '{{i}}',
      Args: ['{{a}}'],
      Labels: { l: '{{l}}' },
      Env: ['{{n}}={{e}}=1', '{{bare}}'],
      Hostname: '{{h}}',
      Mounts: [
        {
          Type: 'volume',
          Source: '{{s}}',
          Target: '/t',
          VolumeOptions: { Labels: { k: '{{v}}' }, DriverConfig: { Name: '{{d}}', Options: { o: '{{p}}' } } },
        },
        { Type: 'tmpfs', Target: '/u' },
      ],
    });
    const mapped = mapTemplates(spec, (field, text) => {
      if (isTemplate(text)) seen.push(`${field}: ${text}`);
      return text.toUpperCase();
    });
    expect(seen).toEqual([
      'Env {{n}}: {{e}}=1',
      'Hostname: {{h}}',
      'Mount /t Source: {{s}}',
      'Mount /t volume label k: {{v}}',
      'Mount /t volume option o: {{p}}',
    ]);
    expect(mapped.env).toEqual(['{{n}}={{E}}=1', '{{bare}}']);
    expect(mapped.mounts[0]?.volumeOptions?.driverConfig).toEqual({ name: '{{d}}', options: { o: '{{P}}' } });
    expect(mapped).toMatchObject({ image: '{{i}}', args: ['{{a}}'], labels: { l: '{{l}}' }, hostname: '{{H}}' });
  });
});
