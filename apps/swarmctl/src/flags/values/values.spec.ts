import fc from 'fast-check';
import { isCode } from '#common/errors';
import { anyText } from '#common/testing';
import type { ValueKind } from '../flag';
import { address, hostEntry, hostToRemove, searchDomain } from './addresses';
import { cpus, memory, parseSize, swap, swappiness } from './amounts';
import { capability } from './capability';
import { credentialSource } from './credential-spec';
import { duration, healthDuration } from './duration';
import { fileReference } from './file-reference';
import { genericResource, ulimit } from './limits';
import { mount } from './mount';
import { network } from './network';
import { count, integer, ratio } from './numbers';
import { affinity, preference } from './placement';
import { ports } from './port';
import { shellWords } from './shell-words';
import { absolutePath, oneOf, pair, serviceName, text, variable } from './text';
import { label } from './label';

const KINDS: Record<string, ValueKind<unknown>> = {
  absolutePath,
  address,
  affinity,
  capability,
  count,
  cpus,
  credentialSource,
  duration,
  fileReference: fileReference('secret'),
  genericResource,
  hostEntry,
  healthDuration,
  hostToRemove,
  integer: integer(-5, 5, '3'),
  memory,
  mount,
  network,
  label,
  oneOf: oneOf('a', 'b'),
  pair: pair('a=b'),
  ports,
  preference,
  ratio,
  serviceName,
  searchDomain,
  shellWords,
  swap,
  swappiness,
  text: text('path', '/srv'),
  ulimit,
  variable,
};

// Text near to what parsers look for gets further into them than text of chance alone.
const pieces = fc.constantFrom(
  '=',
  ',',
  '"',
  "'",
  '\\',
  ':',
  '/',
  '-',
  '.',
  '#',
  '[',
  ']',
  '1',
  '080',
  '8080-8082',
  'ms',
  'target',
  'source',
  'type',
  'tcp',
  'spread',
  'nofile',
  'true',
  ' ',
  '\n',
  '\u0000',
  '1e400',
  '-1',
  '0x',
);
const nearText = fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 12 }).map((parts) => parts.join(''));

describe.each(Object.entries(KINDS))('%s', (_name, kind) => {
  it('takes its own example', () => {
    expect(() => kind.parse(kind.example.replace(/^'(.*)'$/, '$1'))).not.toThrow();
  });

  it('takes any text or refuses it as a usage error', () => {
    fc.assert(
      fc.property(fc.oneof(nearText, fc.string(), anyText), (given) => {
        try {
          kind.parse(given);
          return true;
        } catch (error) {
          return isCode(error, 'INVALID_ARGUMENT') && error.message !== '';
        }
      }),
    );
  });
});

describe('duration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['500ms', 500e6],
    ['1m30s', 90e9],
    ['1h1m1.5s', 3661.5e9],
    ['.5s', 0.5e9],
    ['1.s', 1e9],
    ['+2us', 2e3],
    ['3µs', 3e3],
    ['7ns', 7],
    ['8760h', 8760 * 3600e9],
  ])('%s', (given, nanos) => expect(duration.parse(given)).toBe(nanos));

  it('gives back what it was given, unit by unit', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(59), fc.nat(999), (minutes, seconds, ms) => {
        expect(duration.parse(`${minutes}m${seconds}s${ms}ms`)).toBe(minutes * 60e9 + seconds * 1e9 + ms * 1e6);
      }),
    );
  });
});

describe('affinity', () => {
  it.each([
    ['db', 'service==db'],
    ['==db', 'service==db'],
    ['!=db', 'service!=db'],
    [' service != db ', 'service!=db'],
    ['service', 'service==service'],
    ['db topology=node.labels.zone', 'service==db topology=node.labels.zone'],
    ['!=db,topology=node.labels.zone', 'service!=db topology=node.labels.zone'],
  ])('%s', (given, constraint) => expect(affinity.parse(given)).toBe(constraint));

  it.each(['', 'a b', 'db topology=zone', '!db'])('not %p', (given) => {
    expect(() => affinity.parse(given)).toThrow('is not understood');
  });
});

describe('size', () => {
  it.each([
    ['10', 10],
    ['10b', 10],
    ['1k', 1024],
    ['1.5g', 1.5 * 1024 ** 3],
    ['64MiB', 64 * 1024 ** 2],
    ['2 TB', 2 * 1024 ** 4],
  ])('%s', (given, bytes) => expect(parseSize(given)).toBe(bytes));
});

describe('cpus', () => {
  it.each([
    ['0.5', 5e8],
    ['2', 2e9],
    ['.001', 1e6],
    ['0.3', 3e8],
    ['1/3000000000', undefined],
  ])('%s', (given, nanos) => {
    if (nanos === undefined) expect(() => cpus.parse(given)).toThrow('finer');
    else expect(cpus.parse(given)).toBe(nanos);
  });
});

describe('what the manager would refuse', () => {
  it.each([
    [cpus, '0.0001', "'0.0001' is less than 0.001, the least that a task can be given"],
    [memory, '1m', "'1m' is less than 4m, the least that a task can be given"],
    [healthDuration, '1us', "'1us' is less than 1ms"],
    [serviceName, 'a b', "'a b' is not a name"],
    [serviceName, 'a'.repeat(64), 'is not a name'],
    [absolutePath, 'srv', "'srv' is not an absolute path"],
    [label, 'swarmctl.progress-deadline=10', "swarmctl.progress-deadline: '10' is not a duration"],
    [label, 'swarmctl.rebalance=yes', "swarmctl.rebalance: 'yes' is neither true nor false"],
    [mount, 'type=tmpfs,source=a,target=/a', 'a tmpfs has no source'],
    [mount, 'type=bind,target=/a', 'a bind needs a source'],
    [mount, 'type=bind,source=a,target=/a', "'a' is not an absolute path, nor does it begin with ./"],
    [
      mount,
      'type=volume,source=/a,target=/a',
      "'/a' is a path, not the name of a volume; for a folder of the host write type=bind",
    ],
    [mount, 'target=a', "'a' is not an absolute path"],
  ] as [ValueKind<unknown>, string, string][])('%# %s', (kind, given, message) => {
    expect(() => kind.parse(given)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
    );
  });

  it.each([
    [cpus, '0'],
    [memory, '0'],
    [memory, '4m'],
    [healthDuration, '0s'],
    [healthDuration, '1ms'],
    [label, 'swarmctl.rebalance=true'],
    [label, 'other=yes'],
    [mount, 'type=bind,source=./a,target=/a'],
    [mount, 'type=bind,source={{.Service.Name}},target={{.Task.Slot}}'],
  ] as [ValueKind<unknown>, string][])('and what it would not: %# %s', (kind, given) => {
    expect(() => kind.parse(given)).not.toThrow();
  });
});

describe('swap and swappiness', () => {
  it('know -1 as no limit and as the default', () => {
    expect(swap.parse('-1')).toBe(-1);
    expect(swap.parse('1g')).toBe(1024 ** 3);
    expect(swappiness.parse('-1')).toBe(-1);
    expect(() => swappiness.parse('101')).toThrow('between 0 and 100');
  });
});

describe('shell words', () => {
  it.each([
    ['', []],
    ['  a   b ', ['a', 'b']],
    ["sh -c 'a  b'", ['sh', '-c', 'a  b']],
    ['say "a \\"b\\""', ['say', 'a "b"']],
    ['a\\ b c""d \'\'', ['a b', 'cd', '']],
    ['a # the rest', ['a']],
    ['a#b', ['a#b']],
    ['a # one\nb', ['a', 'b']],
  ])('%s', (given, words) => expect(shellWords.parse(given)).toEqual(words));

  it('gives back any words that were quoted', () => {
    const quoted = (word: string): string => `'${word.replaceAll("'", `'"'"'`)}'`;
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(shellWords.parse(words.map(quoted).join(' '))).toEqual(words);
      }),
    );
  });
});

describe('ports', () => {
  it('gives as many ports as the range is long', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 1, max: 60_000 }), fc.nat(50), (host, target, more) => {
        const given = ports.parse(`${host}-${host + more}:${target}-${target + more}/udp`);
        expect(given).toHaveLength(more + 1);
        expect(given.at(-1)).toMatchObject({ publishedPort: host + more, targetPort: target + more, protocol: 'udp' });
      }),
    );
  });

  it('says why an address is refused', () => {
    expect(() => ports.parse('127.0.0.1:80:80')).toThrow('every node publishes it');
  });
});
