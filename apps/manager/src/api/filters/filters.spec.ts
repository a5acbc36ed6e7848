import fc from 'fast-check';
import { NodeAvailability, NodeRole, NodeState, TaskState } from '#common/domain';
import { isCode } from '#common/errors';
import { Node, Service } from '#common/proto';
import { matchesNode, parseNodeFilters } from './node-filters';
import { parseFilters } from './parse-filters';
import { matchesService, parseServiceFilters } from './service-filters';
import { parseTaskFilters } from './task-filters';

const service = (fields: { id?: string; name?: string; labels?: Record<string, string>; mode?: object }): Service =>
  Service.fromPartial({
    id: fields.id ?? 'abc',
    spec: { name: fields.name ?? 'web', labels: fields.labels ?? {}, mode: fields.mode ?? { replicated: { replicas: 1 } } },
  });

describe('the filters parameter', () => {
  it.each([
    ['Go’s maps', '{"name":{"web":true,"db":true}}'],
    ['Python’s lists', '{"name":["web","db"]}'],
    ['maps with false, which Docker keeps as well', '{"name":{"web":false,"db":true}}'],
  ])('is read from %s', (_encoding, text) => {
    expect(parseFilters(text, ['name']).get('name')).toEqual(['web', 'db']);
  });

  it.each([null, '', '{}', 'null', '{"name":null}', '{"name":[]}', '{"name":{}}'])('may be empty (%s)', (text) => {
    expect(matchesService(parseServiceFilters(text), service({}))).toBe(true);
  });

  it.each([
    ['an unknown filter', '{"x":{"y":true}}', "Invalid filter 'x'"],
    ['bad JSON', 'zz', 'filters is not valid JSON'],
    ['a list', '[]', 'cannot unmarshal array'],
    ['a text as values', '{"name":"a"}', 'cannot unmarshal string'],
    ['a number as value', '{"name":[1]}', 'cannot unmarshal number'],
    ['a prototype', '{"__proto__":["a"]}', "Invalid filter '__proto__'"],
  ])('is refused with %s', (_what, text, message) => {
    expect(() => parseServiceFilters(text)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
    );
  });

  it.each([
    ['services', parseServiceFilters],
    ['nodes', parseNodeFilters],
    ['tasks', parseTaskFilters],
  ])('is answered whatever it holds (%s)', (_kind, parse) => {
    const names = fc.constantFrom(
      'id',
      'name',
      'label',
      'mode',
      'role',
      'membership',
      'desired-state',
      '_up-to-date',
      '__proto__',
    );
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.dictionary(names, fc.jsonValue()).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(text, (value) => {
        try {
          parse(value);
        } catch (error) {
          expect(isCode(error, 'INVALID_ARGUMENT')).toBe(true);
        }
      }),
    );
  });
});

describe('filtering services', () => {
  it.each([
    { name: 'by the beginning of the name', filters: { name: ['we'] }, matches: true },
    { name: 'by any of several names', filters: { name: ['db', 'web'] }, matches: true },
    { name: 'by another name', filters: { name: ['b'] }, matches: false },
    { name: 'by the beginning of the id', filters: { id: ['ab'] }, matches: true },
    { name: 'by id and name together', filters: { id: ['ab'], name: ['db'] }, matches: false },
    { name: 'by a label’s presence', filters: { label: ['a'] }, matches: true },
    { name: 'by a label’s value', filters: { label: ['a=1'] }, matches: true },
    { name: 'by another value', filters: { label: ['a=2'] }, matches: false },
    { name: 'by several labels, all of which must match', filters: { label: ['a=1', 'b'] }, matches: false },
    { name: 'by a label that every object inherits', filters: { label: ['constructor'] }, matches: false },
    { name: 'by mode', filters: { mode: ['global', 'replicated'] }, matches: true },
    { name: 'by another mode', filters: { mode: ['replicated-job'] }, matches: false },
    { name: 'by runtime', filters: { runtime: ['container'] }, matches: true },
  ])('$name', ({ filters, matches }) => {
    expect(matchesService(parseServiceFilters(JSON.stringify(filters)), service({ labels: { a: '1' } }))).toBe(matches);
  });
});

describe('filtering nodes', () => {
  const node = Node.fromPartial({
    id: 'abc',
    spec: { labels: { zone: 'a' }, role: NodeRole.manager, availability: NodeAvailability.active },
    description: { hostname: 'host1', engine: { labels: { rack: '1' } } },
    status: { state: NodeState.ready },
  });

  it.each([
    { name: 'by hostname', filters: { name: ['host'] }, matches: true },
    { name: 'by role', filters: { role: ['worker'] }, matches: false },
    { name: 'by membership', filters: { membership: ['accepted'] }, matches: true },
    { name: 'by a membership that none has', filters: { membership: ['pending'] }, matches: false },
    { name: 'by a label of the engine', filters: { label: ['rack=1'] }, matches: true },
    { name: 'by a label of the node', filters: { 'node.label': ['zone=a'] }, matches: true },
    { name: 'by the wrong kind of label', filters: { label: ['zone'] }, matches: false },
  ])('$name', ({ filters, matches }) => {
    expect(matchesNode(parseNodeFilters(JSON.stringify(filters)), node)).toBe(matches);
  });

  it.each(['role', 'membership'])('refuses a %s that there is not', (name) => {
    expect(() => parseNodeFilters(JSON.stringify({ [name]: ['zz'] }))).toThrow(`invalid ${name} filter: 'zz'`);
  });
});

it('a desired state that there is not is refused', () => {
  expect(() => parseTaskFilters('{"desired-state":["zz"]}')).toThrow("invalid desired-state filter: 'zz'");
  expect(parseTaskFilters(`{"desired-state":["${TaskState.running}"]}`).get('desired-state')).toEqual(['running']);
});
