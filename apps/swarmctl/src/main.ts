#!/usr/bin/env -S node --
import { EXIT } from './exit-codes';
import { processSession } from './process-session';
import { runProgram } from './program';

async function main(): Promise<void> {
  // Output that still waits in a pipe is written before the process ends by itself; process.exit would cut it off.
  process.exitCode = await runProgram(process.argv.slice(2), processSession());
}

main().catch((error: Error) => {
  process.stderr.write(`swarmctl: ${error.message}\n`);
  process.exitCode = EXIT.refused;
});
