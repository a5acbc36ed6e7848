import { renameSync, writeFileSync } from 'node:fs';

/** Where Debian's faketime puts it, for the machine's own architecture. */
const LIBRARY = '/usr/$LIB/faketime/libfaketime.so.1';

/**
 * The clock on the wall of the programs that are started with its environment; it can be set while they run. What Node's timers and
 * `performance.now()` go by stays true. Go programs (etcd, dockerd) and other static ones do not see it.
 */
export class AdjustableClock {
  /** @param file where the difference to the machine's clock is kept */
  constructor(private readonly file: string) {
    this.set(0);
  }

  get env(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  /** @param seconds by how much the clock is ahead of the machine's from now on */
  set(seconds: number): void {
    // Renamed into its place, so that nobody reads half of it.
    writeFileSync(`${this.file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${this.file}.new`, this.file);
  }
}
