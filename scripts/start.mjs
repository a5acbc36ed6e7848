#!/usr/bin/env node
// npm start [-- --hosts N] [-- --detach] [-- --yes]: makes the machine ready, then runs a local cluster (deploy/local/start.ts).
import { join } from 'node:path';
import { setUpOrExit } from './setup.mjs';
import { ROOT, runInForeground } from './setup/run.mjs';

const YES = new Set(['--yes', '-y']);
const args = process.argv.slice(2);

await setUpOrExit({ yes: args.some((arg) => YES.has(arg)) });
const program = join(ROOT, 'dist/deploy/local/start.js');
process.exitCode = await runInForeground(process.execPath, [program, ...args.filter((arg) => !YES.has(arg))]);
