import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { eventually } from '#common/testing';

/** A connection on which a test says what it likes, byte for byte. */
export class RawConnection {
  private text = '';

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => (this.text += chunk.toString('latin1'))).on('error', () => undefined);
  }

  static async open(to: NetConnectOpts): Promise<RawConnection> {
    const socket = connect({ ...to, allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** All that has come. */
  get received(): string {
    return this.text;
  }

  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  async until(isEnough: (text: string) => boolean, reason: string): Promise<string> {
    await eventually(() => isEnough(this.text), {
      reason: `${reason}, after ${JSON.stringify(this.text.slice(0, 500))}`,
      timeoutMs: 5_000,
    });
    return this.text;
  }

  /** Resolves when as many answers have begun. */
  async untilAnswers(count: number): Promise<number[]> {
    await this.until(() => this.statuses.length >= count, `${count} answers have come`);
    return this.statuses;
  }

  async untilClosed(): Promise<void> {
    if (!this.socket.readableEnded && !this.socket.closed)
      await Promise.race([once(this.socket, 'end'), once(this.socket, 'close')]);
  }

  /** Resolves when the connection has ended, or nothing has come for so long. */
  untilQuiet(quietMs: number): Promise<void> {
    const { socket } = this;
    return new Promise((resolve) => {
      let timer = setTimeout(resolve, quietMs);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      socket.once('end', done).once('close', done);
      socket.on('data', () => {
        clearTimeout(timer);
        timer = setTimeout(resolve, quietMs);
      });
    });
  }

  close(): void {
    this.socket.destroy();
  }
}
