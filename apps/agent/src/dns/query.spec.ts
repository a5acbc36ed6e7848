import fc from 'fast-check';
import { decode, encode } from 'dns-packet';
import { MAX_QUERY_BYTES, readQuery } from './query';

const question = (name: string): Buffer => encode({ type: 'query', id: 1, questions: [{ type: 'A', name }] });
/** A header that announces `questions`, and what follows it. */
const raw = (questions: number, ...rest: number[]): Buffer => Buffer.from([0, 1, 1, 0, 0, questions, 0, 0, 0, 0, 0, 0, ...rest]);
const A_IN = [0, 1, 0, 1];

describe('a message that asks', () => {
  it.each<{ what: string; message: Buffer }>([
    { what: 'nothing', message: Buffer.alloc(0) },
    { what: 'less than a header', message: Buffer.alloc(11) },
    { what: 'an answer', message: encode({ type: 'response', id: 1, questions: [{ type: 'A', name: 'web' }] }) },
    { what: 'longer than any question', message: Buffer.concat([question('web'), Buffer.alloc(MAX_QUERY_BYTES)]) },
  ])('is not there in $what', ({ message }) => {
    expect(readQuery(message)).toBeUndefined();
  });

  it.each<{ what: string; message: Buffer }>([
    { what: 'no question', message: raw(0) },
    { what: 'a question that is missing', message: raw(1) },
    { what: 'two questions', message: raw(2, 0, ...A_IN, 0, ...A_IN) },
    { what: 'a name that points to itself', message: raw(1, 0xc0, 12, ...A_IN) },
    { what: 'a name that points to the header', message: raw(1, 0xc0, 0, ...A_IN) },
    { what: 'a label of a kind that does not exist', message: raw(1, 0x40, ...A_IN) },
    { what: 'a label that is longer than the message', message: raw(1, 63, 97) },
    { what: 'a name without an end', message: raw(1, 1, 97) },
    { what: 'a name without a type', message: raw(1, 1, 97, 0, 0, 1) },
    { what: 'a name of 256 bytes', message: raw(1, ...Array.from({ length: 127 }, () => [1, 97]).flat(), 1, 97, 0, ...A_IN) },
  ])('has no question that can be read: $what', ({ message }) => {
    expect(readQuery(message)).toMatchObject({ id: 1, question: undefined });
  });

  it('may have a name of 255 bytes', () => {
    const message = raw(1, ...Array.from({ length: 127 }, () => [1, 97]).flat(), 0, ...A_IN);
    expect(readQuery(message)?.question?.bytes).toHaveLength(255 + A_IN.length);
  });

  it('does not take a dot within a label for the end of one', () => {
    const message = raw(1, 9, ...Buffer.from('tasks.web'), 0, ...A_IN);
    expect(readQuery(message)?.question?.name).toBe('tasks\\.web');
  });

  it.each([
    { udpPayloadSize: undefined, udpBytes: 512 },
    { udpPayloadSize: 1, udpBytes: 512 },
    { udpPayloadSize: 900, udpBytes: 900 },
    { udpPayloadSize: 65_535, udpBytes: 1_232 },
  ])('that names the size $udpPayloadSize is answered with $udpBytes bytes at most', ({ udpPayloadSize, udpBytes }) => {
    const additionals = udpPayloadSize === undefined ? [] : [{ type: 'OPT', name: '.', udpPayloadSize, flags: 0, options: [] }];
    const message = encode({ type: 'query', questions: [{ type: 'A', name: 'web' }], additionals: additionals as never });
    expect(readQuery(message)).toMatchObject({ udpBytes, hasEdns: udpPayloadSize !== undefined });
  });

  it('is read as others read it', () =>
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z0-9-]{1,20}$/), { minLength: 1, maxLength: 8 }),
        fc.nat(65_535),
        (labels, id) => {
          const message = encode({ type: 'query', id, flags: 1 << 8, questions: [{ type: 'AAAA', name: labels.join('.') }] });
          const [expected] = decode(message).questions ?? [];
          expect(readQuery(message)).toMatchObject({
            id,
            opcode: 0,
            wantsRecursion: true,
            question: { name: expected?.name, type: 28 },
          });
        },
      ),
    ));
});
