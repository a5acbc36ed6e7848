import type { ServerResponse } from 'node:http';
import { DomainError } from '#common/errors';

/** A client's end of a log that several writers share. Each waits until the client has taken what it wrote. */
export class LogOutput {
  private drained: Promise<void> | undefined;

  constructor(private readonly response: ServerResponse) {}

  /** @throws DomainError CANCELLED the client has gone away */
  async write(data: Buffer): Promise<void> {
    if (data.length === 0) return;
    // Of a thousand writers, one at most may write before the client has taken what is there.
    while (this.drained) await this.drained;
    if (this.response.destroyed) throw new DomainError('CANCELLED', 'the client went away');
    if (this.response.write(data)) return;
    this.drained = this.untilDrained();
    await this.drained;
  }

  private untilDrained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { response } = this;
      const done = (): void => {
        this.drained = undefined;
        response.off('drain', done);
        response.off('close', closed);
        resolve();
      };
      const closed = (): void => {
        this.drained = undefined;
        response.off('drain', done);
        reject(new DomainError('CANCELLED', 'the client went away'));
      };
      response.on('drain', done);
      response.on('close', closed);
    });
  }
}
