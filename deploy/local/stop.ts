import { stopLocalCluster } from './local-cluster';
import { stateFolder } from './local-state';

stopLocalCluster(stateFolder()).catch((error: Error) => {
  process.stderr.write(`stop: ${error.message}\n`);
  process.exitCode = 1;
});
