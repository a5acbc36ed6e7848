#!/usr/bin/env node
import { runLabCommand } from './lab-command';

runLabCommand(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: Error) => {
    process.stderr.write(`lab: ${error.message}\n`);
    process.exitCode = 1;
  },
);
