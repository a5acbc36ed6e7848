import fc from 'fast-check';
import { isCode } from '#common/errors';
import { formatObject, formatRows, requireReadable } from './format-template';
import type { Column } from './table';

interface Row {
  readonly id: string;
  readonly state: string;
}

const COLUMNS: Column<Row>[] = [
  { heading: 'ID', cell: ({ id }) => id },
  { heading: 'CURRENT STATE', cell: ({ state }) => state },
  { heading: 'CREATED', field: 'CreatedAt', cell: () => 'now' },
  { heading: 'SECRET', cell: () => 'hidden', isHidden: true },
];
const ROWS: Row[] = [
  { id: 'a', state: 'Running' },
  { id: 'bb', state: 'Failed\tx\u001b[31m' },
];

describe('a list by a template', () => {
  it.each([
    ['{{.ID}}: {{.CurrentState}}', ['a: Running', 'bb: Failed x']],
    ['{{.ID}}\\t{{.CreatedAt}}', ['a\tnow', 'bb\tnow']],
    ['{{.Secret}}', ['hidden', 'hidden']],
    ['{{upper .ID}}{{lower .CurrentState}}', ['Arunning', 'BBfailed x']],
    ['{{join (split .CurrentState "n") "-"}}', ['Ru--i-g', 'Failed x']],
    ['{{json .ID}}', ['"a"', '"bb"']],
    ['{{if eq .ID "a"}}first{{else}}other{{end}}', ['first', 'other']],
    ['table {{.ID}}\\t{{.CurrentState}}', ['ID        CURRENT STATE', 'a         Running', 'bb        Failed x']],
    ['table   {{.CurrentState}}', ['CURRENT STATE', 'Running', 'Failed x']],
  ])('%s', (format, expected) => expect(formatRows(format, COLUMNS, ROWS)).toEqual(expected));

  it('writes a row as JSON by the names of its columns', () => {
    expect(formatRows('{{json .}}', COLUMNS, ROWS.slice(0, 1))).toEqual([
      '{"ID":"a","CurrentState":"Running","CreatedAt":"now","Secret":"hidden"}',
    ]);
  });

  it('refuses a field that there is not, also when there are no rows', () => {
    expect(() => formatRows('{{.Id}}', COLUMNS, [])).toThrow(
      "--format: template '{{.Id}}', character 3: there is no .Id; did you mean .ID? There are .ID, .CurrentState, .CreatedAt, .Secret",
    );
  });
});

describe('an object by a template', () => {
  const OBJECT = {
    ID: 'x',
    Spec: { Name: 'web', Labels: { b: '2', a: '1' }, Mounts: [{ Source: 's', ReadOnly: true }, { Source: 't' }] },
    Count: 3,
  };

  it.each([
    ['{{.Spec.Name}} {{.Count}}', 'web 3'],
    ['{{range .Spec.Mounts}}{{.Source}}{{if .ReadOnly}}!{{end}} {{end}}', 's! t '],
    ['{{range $i, $m := .Spec.Mounts}}{{$i}}={{$m.Source}} {{end}}', '0=s 1=t '],
    ['{{range $k, $v := .Spec.Labels}}{{$k}}={{$v}},{{end}}', 'a=1,b=2,'],
    ['{{index .Spec.Labels "a"}}{{index .Spec.Labels "none"}}{{.Spec.Labels.b}}', '12'],
    ['{{(index .Spec.Mounts 1).Source}}|{{len .Spec.Mounts}}|{{len .Spec.Labels}}', 't|2|2'],
    ['[{{.None}}{{.None.Deeper.Still}}{{if .None}}x{{else}}no{{end}}]', '[no]'],
    ['{{json .Spec.Mounts}}', '[{"Source":"s","ReadOnly":true},{"Source":"t"}]'],
    ['{{.Spec.Labels}} {{.Spec.Mounts}}', 'map[b:2 a:1] [map[Source:s ReadOnly:true] map[Source:t]]'],
    ['a\\nb\\tc', 'a\nb\tc'],
  ])('%s is %j', (format, expected) => expect(formatObject(format, OBJECT)).toBe(expected));

  it('lets nothing through that a terminal would act upon', () => {
    expect(formatObject('{{.Name}}', { Name: 'a\u001b[2Jb\u0007' })).toBe('ab');
  });
});

it.each(['{{', '{{.ID', '{{nothing .ID}}', '{{if}}', '{{end}}', 'table {{.ID'])('%s cannot be read', (format) =>
  expect(() => requireReadable(format)).toThrow('--format: template'),
);

it('ends with a text or an error of the user, whatever the template and the object', () => {
  const pieces = fc.array(
    fc.constantFrom(
      '{{',
      '}}',
      '.',
      '.a',
      '.b',
      'range ',
      'end',
      'if ',
      'json ',
      'len ',
      'index ',
      '0',
      '"a"',
      ' ',
      '|',
      'split ',
      'join ',
    ),
  );
  fc.assert(
    fc.property(pieces, fc.dictionary(fc.constantFrom('a', 'b'), fc.jsonValue()), (parts, object) => {
      try {
        expect(typeof formatObject(parts.join(''), object)).toBe('string');
      } catch (error) {
        expect(isCode(error, 'INVALID_ARGUMENT')).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
});
