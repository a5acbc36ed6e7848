#!/usr/bin/env -S node --
import { processSession } from './process-session';
import { runProgram } from './program';

async function main(): Promise<void> {
  // Output that still waits in a pipe is written before the process ends by itself; process.exit would cut it off.
  process.exitCode = await runProgram(process.argv.slice(2), processSession());
}

void main();
