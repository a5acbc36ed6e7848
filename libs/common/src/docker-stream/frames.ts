import { DomainError } from '../errors';

/** Streams of Docker's multiplexed logs (pkg/stdcopy): each frame has one of these, three zeros and the length of what follows. */
export type LogStream = typeof STDOUT | typeof STDERR | typeof SYSTEM_ERROR;
export const STDOUT = 1;
export const STDERR = 2;
/** What went wrong with the logs themselves. */
export const SYSTEM_ERROR = 3;

const HEADER_BYTES = 8;
const LENGTH_AT = 4;
/** Engines cut lines at 16 KiB. */
const MAX_FRAME_BYTES = 1024 * 1024;
const SPACE = 0x20;
const NOTHING = Buffer.alloc(0);

/** One frame. */
export function toFrame(stream: LogStream, text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = stream;
  header.writeUInt32BE(payload.length, LENGTH_AT);
  return Buffer.concat([header, payload]);
}

/** What is put into each frame. */
export interface FrameLabel {
  /** Ends with a space; empty for nothing. */
  readonly details: string;
  /** Whether each line begins with a time, after which the details go. */
  readonly timestamps: boolean;
}

/** Where a frame is in a piece of data: header and payload. */
interface FramePlace {
  readonly start: number;
  readonly end: number;
}

/** Cuts a multiplexed log into whole frames. Holds at most one frame back. */
class FrameSplitter {
  private rest: Buffer = NOTHING;

  /** @throws DomainError UNAVAILABLE when it is no multiplexed log */
  take(chunk: Buffer): { data: Buffer; frames: FramePlace[] } {
    const data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const frames: FramePlace[] = [];
    let start = 0;
    while (start + HEADER_BYTES <= data.length) {
      const length = data.readUInt32BE(start + LENGTH_AT);
      if (length > MAX_FRAME_BYTES) throw new DomainError('UNAVAILABLE', `the engine sends a log line of ${length} bytes`);
      if (start + HEADER_BYTES + length > data.length) break;
      frames.push({ start, end: start + HEADER_BYTES + length });
      start += HEADER_BYTES + length;
    }
    // A copy: the chunk that it is a part of may be much larger.
    this.rest = start === data.length ? NOTHING : Buffer.from(data.subarray(start));
    return { data: data.subarray(0, start), frames };
  }
}

/** What one frame holds. */
export interface StreamPart {
  readonly stream: number;
  readonly payload: Buffer;
}

/** Reads a multiplexed log, or the output of an exec, that comes in pieces of any size. */
export class FrameReader {
  private readonly splitter = new FrameSplitter();

  /** @throws DomainError UNAVAILABLE when it is no multiplexed log */
  take(chunk: Buffer): StreamPart[] {
    const { data, frames } = this.splitter.take(chunk);
    return frames.map(({ start, end }) => ({ stream: data[start] ?? 0, payload: data.subarray(start + HEADER_BYTES, end) }));
  }
}

/**
 * Takes a multiplexed log in pieces of any size and gives whole frames, labelled. Frames of several logs can then be sent on one
 * connection. Holds at most one frame back.
 */
export class FrameLabeller {
  private readonly details: Buffer;
  private readonly splitter = new FrameSplitter();

  constructor(private readonly label: FrameLabel) {
    this.details = Buffer.from(label.details);
  }

  /** @throws DomainError UNAVAILABLE when it is no multiplexed log */
  take(chunk: Buffer): Buffer {
    const { data, frames } = this.splitter.take(chunk);
    return this.details.length === 0 ? data : this.labelled(data, frames);
  }

  /** Where the details go. */
  private labelAt(data: Buffer, { start, end }: FramePlace): number {
    const payload = start + HEADER_BYTES;
    if (!this.label.timestamps) return payload;
    const space = data.indexOf(SPACE, payload);
    return space < 0 || space >= end ? payload : space + 1;
  }

  private labelled(data: Buffer, frames: readonly FramePlace[]): Buffer {
    const { details } = this;
    const out = Buffer.allocUnsafe(data.length + frames.length * details.length);
    let at = 0;
    for (const frame of frames) {
      const { start, end } = frame;
      const [header, labelAt] = [at, this.labelAt(data, frame)];
      at += data.copy(out, at, start, labelAt);
      at += details.copy(out, at);
      at += data.copy(out, at, labelAt, end);
      out.writeUInt32BE(end - start - HEADER_BYTES + details.length, header + LENGTH_AT);
    }
    return out;
  }
}
