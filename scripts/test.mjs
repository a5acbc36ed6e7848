#!/usr/bin/env node
// npm test: makes the machine ready, checks the code (lint, types, unit tests, simulations, generated code), then runs the suite on real
// engines and a real etcd. The last line says how many tests passed and failed, over all suites.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setUpOrExit } from './setup.mjs';
import { ROOT, runInForeground, SIGNALLED } from './setup/run.mjs';

const RESULTS = join(ROOT, 'node_modules/.cache/swarmctl-test');
const SUMMARY = join(RESULTS, 'summary.txt');

/** Every step runs even when an earlier one has failed: one run tells all that is wrong. */
const STEPS = [
  { name: 'check', command: 'npm', args: ['run', '--silent', 'check', '--', ...jestResultOptions('check')] },
  { name: 'test:real', command: 'npm', args: ['run', '--silent', 'test:real', '--', ...jestResultOptions('real')] },
];

function resultFile(suite) {
  return join(RESULTS, `${suite}.json`);
}

function jestResultOptions(suite) {
  return ['--json', `--outputFile=${resultFile(suite)}`];
}

async function runSteps() {
  const failed = [];
  for (const { name, command, args } of STEPS) {
    const exitCode = await runInForeground(command, args);
    if (exitCode > SIGNALLED) process.exit(exitCode); // a person's Ctrl-C means all of it
    if (exitCode !== 0) failed.push(`${name} (exit code ${exitCode})`);
  }
  return failed;
}

/** Passed and failed tests of a suite; a file that could not even be loaded counts as a failed test. */
function readCounts(suite) {
  try {
    const result = JSON.parse(readFileSync(resultFile(suite), 'utf8'));
    return { passed: result.numPassedTests, failed: result.numFailedTests + result.numRuntimeErrorTestSuites };
  } catch {
    process.stderr.write(`test: the ${suite} suite left no result; it counts as one failed test\n`);
    return { passed: 0, failed: 1 };
  }
}

function summarize(counts) {
  const total = (key) => counts.reduce((sum, count) => sum + count[key], 0);
  return { passed: total('passed'), failed: total('failed') };
}

await setUpOrExit({ yes: true, forTests: true });
rmSync(RESULTS, { recursive: true, force: true });
mkdirSync(RESULTS, { recursive: true });
const failedSteps = await runSteps();
const { passed, failed } = summarize(['check', 'real'].map(readCounts));
if (failedSteps.length > 0) process.stderr.write(`test: failed: ${failedSteps.join(', ')}\n`);
process.exitCode = failedSteps.length > 0 || failed > 0 ? 1 : 0;
const line = `${passed} passed, ${failed} failed\n`;
writeFileSync(SUMMARY, line);
process.stdout.write(line);
