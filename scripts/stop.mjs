#!/usr/bin/env node
// npm stop: ends the local cluster of this checkout and removes all that was made for it (deploy/local/stop.ts).
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runInForeground } from './setup/run.mjs';

const program = join(ROOT, 'dist/deploy/local/stop.js');

if (existsSync(program)) {
  process.exitCode = await runInForeground(process.execPath, [program, ...process.argv.slice(2)]);
} else if (existsSync(join(ROOT, '.swarm'))) {
  process.stderr.write(
    'stop: there is a .swarm folder but no build to stop the cluster with. Run `npm run build`, then `npm stop` again.\n',
  );
  process.exitCode = 1;
} else {
  process.stderr.write('stop: nothing is built, so nothing can be running.\n');
}
