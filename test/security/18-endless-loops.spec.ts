import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { transformSync } from '@swc/core';
import { ProcessGuard } from '#common/concurrency';
import { createLogger } from '#common/logging';

const TOP = join(__dirname, '../..');

interface LogLine {
  readonly level: string;
  readonly loop?: string;
  readonly msg: string;
  readonly err?: { readonly message: string; readonly stack: string };
}

/** A guard, what it logged, and with which codes it ended the process. */
function aGuard(): { guard: ProcessGuard; log: LogLine[]; codes: number[] } {
  const [log, codes]: [LogLine[], number[]] = [[], []];
  const logger = createLogger('test', 'info', { write: (line: string) => void log.push(JSON.parse(line) as LogLine) });
  return { guard: new ProcessGuard('the agent', logger, (code) => void codes.push(code)), log, codes };
}

/** Runs a program of its own that has a guard and a logger which writes to stdout. */
function runProgram(program: string): { status: number | null; lines: string[] } {
  const source = readFileSync(join(TOP, 'libs/common/src/concurrency/process-guard.ts'), 'utf8');
  const { code } = transformSync(source, { jsc: { parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } });
  const logger = `const write = (fields, msg) => process.stdout.write(JSON.stringify({ ...fields, err: String(fields.err), msg }) + '\\n');
    const guard = new exports.ProcessGuard('the agent', { fatal: write, error: write });`;
  const { status, stdout } = spawnSync(process.execPath, ['-e', `${code}\n${logger}\n${program}`], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, lines: stdout.trim().split('\n') };
}

describe('promise 18: a loop that has to run for ever ends the process when it ends', () => {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it.each([
    { how: 'throws', loop: () => Promise.reject(new Error('no such network')), reason: 'no such network' },
    { how: 'returns', loop: () => Promise.resolve(), reason: 'the loop returned' },
  ])('when it $how, with a code that is not 0 and a fatal line that names it', async ({ loop, reason }) => {
    const { guard, log, codes } = aGuard();
    guard.mustRun('networks', new AbortController().signal, loop());
    await turn();
    expect(codes).toEqual([1]);
    expect(log).toEqual([
      expect.objectContaining({ level: 'fatal', loop: 'networks', err: expect.objectContaining({ message: reason }) }),
    ]);
  });

  it.each([
    { how: 'throws', loop: () => Promise.reject(new Error('cut off')) },
    { how: 'returns', loop: () => Promise.resolve() },
  ])('and not when it $how because it was told to', async ({ loop }) => {
    const { guard, log, codes } = aGuard();
    guard.mustRun('networks', AbortSignal.abort(), loop());
    await turn();
    expect([codes, log]).toEqual([[], []]);
  });

  it('a real process ends', () => {
    const { status, lines } = runProgram(`
      setInterval(() => undefined, 1000);
      guard.mustRun('engine events', new AbortController().signal, Promise.resolve());`);
    expect(status).toBe(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ loop: 'engine events' });
  });

  it('no loop of the agent or the manager is left alone', () => {
    for (const program of ['apps/agent/src/agent.ts', 'apps/manager/src/manager.ts']) {
      const begun = readFileSync(join(TOP, program), 'utf8')
        .split('\n')
        .filter((line) => /\.run\(signal\)|rotateKeys\(signal\)\)/.test(line));
      expect(begun.filter((line) => !/mustRun\(|await this\.sessions\.run/.test(line))).toEqual([]);
      expect(begun.length).toBeGreaterThan(1);
    }
  });
});

describe('promise 14: what gets past every handler is logged and counted, and the process goes on', () => {
  it('an exception and a rejection', () => {
    const { status, lines } = runProgram(`
      guard.watch();
      setImmediate(() => { throw new Error('thrown'); });
      setImmediate(() => void Promise.reject(new Error('rejected')));
      const wait = setInterval(() => {
        if (guard.uncaughtErrors < 2) return;
        clearInterval(wait);
        process.stdout.write('alive');
      }, 5);`);
    expect(status).toBe(0);
    const reasons = lines.slice(0, 2).map((line) => (JSON.parse(line) as { err: string }).err);
    expect(reasons.sort()).toEqual(['Error: rejected', 'Error: thrown']);
    expect(lines[2]).toBe('alive');
  });

  it('with its stack', () => {
    const { guard, log, codes } = aGuard();
    guard.survive(new Error('thrown'), 'uncaughtException');
    expect(log[0]?.err?.stack).toContain('18-endless-loops');
    expect([guard.uncaughtErrors, codes]).toEqual([1, []]);
  });
});
