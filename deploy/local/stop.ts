import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { stopLocalCluster } from './local-cluster';
import { stateFolder } from './local-state';

const HELP = `Usage: npm stop

Ends the local cluster and removes all that was made for it.
  --dir PATH  where it is kept, if \`npm start\` was told
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { dir: { type: 'string', default: stateFolder() }, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) process.stdout.write(HELP);
  else await stopLocalCluster(resolve(values.dir));
}

main().catch((error: Error) => {
  process.stderr.write(`stop: ${error.message}\n`);
  process.exitCode = 1;
});
