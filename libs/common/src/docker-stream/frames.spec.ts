import fc from 'fast-check';
import { FrameLabeller, STDERR, STDOUT, toFrame } from './frames';

interface Line {
  readonly stream: typeof STDOUT | typeof STDERR;
  readonly text: string;
}

const line = fc.record({ stream: fc.constantFrom(STDOUT, STDERR), text: fc.string({ maxLength: 40, unit: 'binary' }) });

/** Cuts a buffer at the given places. */
function cut(data: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (data.length + 1)).sort((a, b) => a - b), data.length];
  return at.slice(1).map((end, index) => data.subarray(at[index], end));
}

function through(labeller: FrameLabeller, lines: readonly Line[], places: readonly number[]): Buffer {
  const sent = Buffer.concat(lines.map(({ stream, text }) => toFrame(stream, text)));
  return Buffer.concat(cut(sent, places).map((piece) => labeller.take(piece)));
}

it('frames come out whole and labelled, however they are cut on the way', () => {
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), fc.constantFrom('', 'a=b ', 'é=ü '), (lines, places, details) => {
      const expected = Buffer.concat(lines.map(({ stream, text }) => toFrame(stream, details + text)));
      expect(through(new FrameLabeller({ details, timestamps: false }), lines, places)).toEqual(expected);
    }),
  );
});

it('details go after the time', () => {
  const labeller = new FrameLabeller({ details: 'a=b ', timestamps: true });
  expect(labeller.take(toFrame(STDOUT, '2026-01-01T00:00:00Z line one\n'))).toEqual(
    toFrame(STDOUT, '2026-01-01T00:00:00Z a=b line one\n'),
  );
});

it('each piece gives the frames that are whole by then, and no more than that', () => {
  const labeller = new FrameLabeller({ details: '', timestamps: false });
  const [first, second] = [toFrame(STDOUT, 'one'), toFrame(STDERR, 'two')];
  expect(labeller.take(Buffer.concat([first, second.subarray(0, 9)]))).toEqual(first);
  expect(labeller.take(second.subarray(9))).toEqual(second);
});

it('what is no multiplexed log is refused, whatever it is', () => {
  expect(() => new FrameLabeller({ details: '', timestamps: false }).take(Buffer.from('plain text of a terminal'))).toThrow(
    'the engine sends a log line of',
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, timestamps) => {
      try {
        new FrameLabeller({ details: 'a=b ', timestamps }).take(Buffer.from(bytes));
      } catch (error) {
        expect(error).toMatchObject({ code: 'UNAVAILABLE' });
      }
    }),
  );
});
