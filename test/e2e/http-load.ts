import { get } from 'node:http';
import { parseArgs } from 'node:util';

/** What a run of the load generator saw. */
export interface LoadReport {
  readonly sent: number;
  readonly answered: number;
  /** How often each kind of failure was seen. */
  readonly failures: Readonly<Record<string, number>>;
  /** Answers by body, which is the answering task's name. */
  readonly byAnswer: Readonly<Record<string, number>>;
}

/**
 * A server that is too busy to accept is tried again by the kernel after 1, 3 and 7 s: that is no failure of what leads there. What is led
 * nowhere is never answered.
 */
const TIMEOUT_MS = 20_000;
const MS_PER_SECOND = 1_000;

/**
 * Calls the URLs in turn at a steady rate, each time over a connection of its own and whether or not earlier calls were answered, until
 * SIGTERM; then waits for what is under way and prints a LoadReport. A program of its own, to be run on a lab host.
 */
function main(): void {
  const { values } = parseArgs({ options: { url: { type: 'string', multiple: true }, rate: { type: 'string' } } });
  const urls = values.url ?? [];
  const report = { sent: 0, answered: 0, failures: {} as Record<string, number>, byAnswer: {} as Record<string, number> };
  const startedAt = performance.now();
  const rate = Number(values.rate);
  let stopping = false;

  const finish = (): void => {
    if (stopping && report.answered + total(report.failures) === report.sent) {
      clearInterval(timer);
      process.stdout.write(`${JSON.stringify(report)}\n`);
    }
  };
  const call = (url: string): void => {
    report.sent++;
    let isOver = false;
    const end = (counts: Record<string, number>, what: string): void => {
      if (isOver) return;
      isOver = true;
      counts[what] = (counts[what] ?? 0) + 1;
      if (counts === report.byAnswer) report.answered++;
      finish();
    };
    const request = get(url, { agent: false, timeout: TIMEOUT_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () =>
        response.statusCode === 200 ? end(report.byAnswer, body.trim()) : end(report.failures, `status ${response.statusCode}`),
      );
      response.on('error', (error) => end(report.failures, error.message));
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    request.on('error', (error) => end(report.failures, `${url}: ${error.message}`));
  };
  const timer = setInterval(() => {
    if (stopping) return;
    const due = Math.floor(((performance.now() - startedAt) / MS_PER_SECOND) * rate);
    while (report.sent < due) call(urls[report.sent % urls.length] ?? '');
  }, 1);
  process.once('SIGTERM', () => {
    stopping = true;
    finish();
  });
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

if (require.main === module) main();
