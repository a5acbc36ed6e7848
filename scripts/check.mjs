// Everything that can be checked without engines: generated code is fresh, lint, types, unit tests and simulations. Runs all, then says which failed.
// Arguments go to jest.
import { spawnSync } from 'node:child_process';

const STEPS = [
  ['generated code is fresh', 'node', ['scripts/generate-proto.mjs', '--check']],
  ['lint', 'npx', ['eslint', '.', '--max-warnings', '0']],
  ['types', 'npx', ['tsc', '--noEmit']],
  ['unit tests and simulations', 'npx', ['jest', '--selectProjects', 'unit', 'simulation', ...process.argv.slice(2)]],
];

const failed = STEPS.filter(([, command, args]) => spawnSync(command, args, { stdio: 'inherit' }).status !== 0);
for (const [name] of failed) console.error(`failed: ${name}`);
process.exitCode = failed.length === 0 ? 0 : 1;
