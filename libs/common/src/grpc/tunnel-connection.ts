import { Duplex } from 'node:stream';
import { guarded } from '../concurrency';
import { MAX_MESSAGE_TO_MANAGER_BYTES } from './channel-options';
import type { TunnelChunk } from '../proto/generated/swarm/v1/tunnel';

/** Either side's end of a Tunnel.Connect call. */
export interface TunnelCall {
  on(event: 'data', listener: (chunk: TunnelChunk) => void): unknown;
  on(event: 'end' | 'error' | 'cancelled', listener: (error?: Error) => void): unknown;
  write(chunk: TunnelChunk, written: (error?: Error | null) => void): boolean;
  pause(): unknown;
  resume(): unknown;
  end(): unknown;
}

/** Enough that an engine which sends its log line by line does not wake the reader for each. */
const HIGH_WATER_BYTES = 256 * 1024;
/** A message of its own, with its frame, for the other side takes no longer ones. */
const MAX_CHUNK_BYTES = MAX_MESSAGE_TO_MANAGER_BYTES / 2;
const NOTHING = Buffer.alloc(0);

/**
 * A connection through a Tunnel.Connect call. Each direction ends by itself, and a slow reader slows the writer down: at most one chunk
 * is on its way through this object, the rest waits where it comes from.
 */
export class TunnelConnection extends Duplex {
  private heardEnd = false;
  /** The call has ended, and the other side had said before that nothing would follow. */
  private isOver = false;

  /** @param call the call, of which nothing has been read @param abandon ends the call at once */
  constructor(
    private readonly call: TunnelCall,
    private readonly abandon: () => void,
  ) {
    super({ allowHalfOpen: true, highWaterMark: HIGH_WATER_BYTES });
    // Whoever has it by then: a break is seen by the streams it is joined with.
    this.on('error', () => undefined);
    call.on(
      'data',
      guarded(
        (chunk: TunnelChunk) => this.receive(chunk),
        (error) => this.destroy(error),
      ),
    );
    call.on('end', () => this.hangUp());
    call.on('cancelled', () => this.hangUp());
    call.on('error', (error) => this.hangUp(error));
  }

  override _read(): void {
    this.call.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, written: (error?: Error | null) => void): void {
    if (this.isOver) return written();
    let rest = chunk;
    for (; rest.length > MAX_CHUNK_BYTES; rest = rest.subarray(MAX_CHUNK_BYTES)) {
      this.call.write({ data: rest.subarray(0, MAX_CHUNK_BYTES), end: false }, () => undefined);
    }
    // Those before it are written when the last one is.
    this.call.write({ data: rest, end: false }, written);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.isOver) done();
    else this.call.write({ data: NOTHING, end: true }, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (error || !this.heardEnd) this.abandon();
    else this.call.end();
    done(error);
  }

  private receive({ data, end }: TunnelChunk): void {
    if (data.length > 0 && !this.push(data)) this.call.pause();
    if (!end) return;
    this.heardEnd = true;
    this.push(null);
  }

  /**
   * The call is over. Without a word before, what was sent may not have arrived. Else what has arrived is still to be read, what is still
   * written has nobody to read it, and once all is read there is nothing left to wait for: whatever this end is joined with is let go.
   */
  private hangUp(error?: Error): void {
    if (!this.heardEnd) return void this.destroy(error ?? new Error('the connection to the node was lost'));
    this.isOver = true;
    if (this.readableEnded) this.destroy();
    else this.once('end', () => this.destroy());
  }
}
