import fc from 'fast-check';
import { readConstraint } from './constraint';
import { closestKey } from './constraint-key';
import { constraintProblem } from './constraint-problem';
import { holdsAddress, readIpNetwork, type IpNetwork } from './ip-network';

const node = (key: string, operator: string, ...values: string[]) => ({ kind: 'node', key, operator, values });
const service = (operator: string, name: string, topology = 'node.id') => ({
  kind: 'service',
  operator,
  service: name,
  topology,
});

describe('a constraint', () => {
  it.each([
    ['node.role==manager', node('node.role', '==', 'manager')],
    [' node.labels.disk !=  ssd ', node('node.labels.disk', '!=', 'ssd')],
    ['node.labels.zone in (a, b)', node('node.labels.zone', 'in', 'a', 'b')],
    ['node.labels.zone IN(a)', node('node.labels.zone', 'in', 'a')],
    ['node.labels.gpu exists', node('node.labels.gpu', 'exists')],
    ['node.labels.cores<8', node('node.labels.cores', '<', '8')],
    ['node.labels.cores <= 8', node('node.labels.cores', '<=', '8')],
    ['node.labels.cores > -0.5', node('node.labels.cores', '>', '-0.5')],
    ['node.labels.cores >= 8', node('node.labels.cores', '>=', '8')],
    ['node.ip==fd00::/8', node('node.ip', '==', 'fd00::/8')],
    ['service==db', service('==', 'db')],
    ['service != db', service('!=', 'db')],
    ['service!=db topology=node.labels.zone', service('!=', 'db', 'node.labels.zone')],
  ])('%s is read and is fine', (text, expected) => {
    expect(readConstraint(text)).toEqual(expected);
    expect(constraintProblem(text)).toBeUndefined();
  });

  it.each([
    [
      'node.role = manager',
      "constraint expected one operator from ==, !=, got 'node.role = manager'; did you mean 'node.role==manager'?",
    ],
    ['node.role manager', "got 'node.role manager'; did you mean 'node.role==manager'?"],
    ['node.role => manager', "got 'node.role => manager'; did you mean 'node.role==manager'?"],
    ['node.role <> manager', "got 'node.role <> manager'"],
    [
      'node.role===manager',
      "value '=manager' is invalid in constraint 'node.role===manager'; did you mean 'node.role==manager'?",
    ],
    ['node.role!==manager', "; did you mean 'node.role!=manager'?"],
    ['', "constraint expected one operator from ==, !=, got ''"],
    ['==x', "key '' is invalid in constraint '==x'"],
    ['node.role==', "value '' is invalid in constraint 'node.role=='"],
    ['node.labels.a==@', "value '@' is invalid in constraint 'node.labels.a==@'"],
    ['node.label.zone==a', "constraint 'node.label.zone==a': 'node.label.zone' is not a key; did you mean 'node.labels.zone'?"],
    ['zone==a', "'zone' is not a key; did you mean 'node.labels.zone'?"],
    ['node.labels.==a', "'node.labels.' is not a key; did you mean 'node.labels.NAME'?"],
    ['node.zone exists', "'node.zone' is not a key; did you mean 'node.labels.zone'?"],
    ['node.labels.zone in (a, )', "value '' is invalid in constraint"],
    ['node.labels.cores < many', "constraint 'node.labels.cores < many': 'many' is not a number, and < compares numbers only"],
    ['node.labels.cores > 0x10', "'0x10' is not a number"],
    ['node.ip==10.0.0', "'10.0.0' is neither an IP address nor a network such as 10.0.0.0/8"],
    ['node.ip!=10.0.0.0/33', "'10.0.0.0/33' is neither"],
    ['node.ip in (10.0.0.1, x)', "'x' is neither"],
    ['service in (db, web)', "an affinity is service==NAME or service!=NAME, and 'topology=KEY' may follow"],
    ['service==db zone', 'an affinity is service==NAME'],
    ['service!=db topology=zone', "'zone' is not a key; did you mean 'node.labels.zone'?"],
    ['service!=db topology==node.labels.zone', "; did you mean 'service!=db topology=node.labels.zone'?"],
  ])('%s is refused and says why', (text, problem) => {
    expect(constraintProblem(text)).toEqual(expect.stringContaining(problem));
  });

  it('that is accepted can be read', () => {
    const word = fc.constantFrom(
      'node.labels.a',
      'node.ip',
      'service',
      '==',
      '!=',
      'in',
      '(',
      ')',
      ',',
      'exists',
      '<',
      '8',
      ' ',
      'topology=',
      'b',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const text = words.join('');
        if (constraintProblem(text) === undefined) expect(readConstraint(text)).toBeDefined();
      }),
      { numRuns: 2_000 },
    );
  });
});

it.each([
  ['node.hostnam', 'node.hostname'],
  ['hostname', 'node.hostname'],
  ['node.arch', 'node.platform.arch'],
  ['Node.Rol', 'node.role'],
  ['servce', 'service'],
  ['engine.label.rack', 'engine.labels.rack'],
  ['labels.a.b', 'node.labels.a.b'],
  ['node.label.role', 'node.labels.role'],
  ['node.zone', 'node.labels.zone'],
])('who writes %s means %s', (key, meant) => {
  expect(closestKey(key)).toBe(meant);
});

describe('an address', () => {
  it.each([
    ['10.0.0.0/8', '10.200.3.4', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['0.0.0.0/0', '::1', false],
    ['10.0.0.129/25', '10.0.0.200', true],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', 'fe80::1%eth0', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['2001:db8::1', '2001:0DB8:0:0::1', true],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['10.0.0.0/8', '', false],
  ])('%s holds %s: %s', (network, address, holds) => {
    expect(holdsAddress(readIpNetwork(network) as IpNetwork, address)).toBe(holds);
  });

  it.each(['', '10.0.0', '10.0.0.256', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/8/8', '::1/129', 'fd00:::1', 'db', '1::2::3'])(
    '%p is none',
    (text) => {
      expect(readIpNetwork(text)).toBeUndefined();
    },
  );
});
