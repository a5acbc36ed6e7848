import { DomainError } from '#common/errors';

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

interface Frame {
  readonly start: number;
  readonly end: number;
  /** Where the details go. */
  readonly labelAt: number;
}

/**
 * Takes a multiplexed log in pieces of any size and gives whole frames, labelled. Frames of several logs can then be sent on one
 * connection. Holds at most one frame back.
 */
export class FrameLabeller {
  private readonly details: Buffer;
  private rest: Buffer = NOTHING;

  constructor(private readonly label: FrameLabel) {
    this.details = Buffer.from(label.details);
  }

  /** @throws DomainError UNAVAILABLE when it is no multiplexed log */
  take(chunk: Buffer): Buffer {
    const data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const frames = this.framesIn(data);
    const end = frames.at(-1)?.end ?? 0;
    // A copy: the chunk that it is a part of may be much larger.
    this.rest = end === data.length ? NOTHING : Buffer.from(data.subarray(end));
    return this.details.length === 0 ? data.subarray(0, end) : this.labelled(data, frames);
  }

  private framesIn(data: Buffer): Frame[] {
    const frames: Frame[] = [];
    let start = 0;
    while (start + HEADER_BYTES <= data.length) {
      const length = data.readUInt32BE(start + LENGTH_AT);
      if (length > MAX_FRAME_BYTES) throw new DomainError('UNAVAILABLE', `the engine sends a log line of ${length} bytes`);
      const end = start + HEADER_BYTES + length;
      if (end > data.length) break;
      frames.push({ start, end, labelAt: this.labelAt(data, start + HEADER_BYTES, end) });
      start = end;
    }
    return frames;
  }

  private labelAt(data: Buffer, start: number, end: number): number {
    if (!this.label.timestamps) return start;
    const space = data.indexOf(SPACE, start);
    return space < 0 || space >= end ? start : space + 1;
  }

  private labelled(data: Buffer, frames: readonly Frame[]): Buffer {
    const { details } = this;
    const last = frames.at(-1);
    if (!last) return NOTHING;
    const out = Buffer.allocUnsafe(last.end + frames.length * details.length);
    let at = 0;
    for (const { start, end, labelAt } of frames) {
      const header = at;
      at += data.copy(out, at, start, labelAt);
      at += details.copy(out, at);
      at += data.copy(out, at, labelAt, end);
      out.writeUInt32BE(end - start - HEADER_BYTES + details.length, header + LENGTH_AT);
    }
    return out;
  }
}
