import 'reflect-metadata';
import { guarded, ProcessGuard } from '#common/concurrency';
import { createLogger, type Logger } from '#common/logging';
import { findSocketGroup } from './api/http/socket-group';
import { HttpServer } from './api/http-server';
import { compileSooner } from './compile-sooner';
import { callersOf, readConfig, type ManagerConfig } from './manager-config';
import { ManagerProcess } from './manager-process';

/** How long running requests get to end when the manager stops. */
const HTTP_CLOSE_TIMEOUT_MS = 2_000;

async function main(): Promise<void> {
  compileSooner();
  const config = readConfig(process.argv);
  const logger = createLogger('manager', config.logLevel);
  const guard = new ProcessGuard('the manager', logger);
  guard.watch();
  await serve(config, guard, logger).catch(guard.die);
}

async function serve(config: ManagerConfig, guard: ProcessGuard, logger: Logger): Promise<void> {
  const socketGroup = await findSocketGroup(config.socketGroup);
  const manager = await ManagerProcess.create({ config, logger, guard });
  const http = new HttpServer(manager.handlers, logger, { socketGroup, callers: callersOf(config) });
  const stop = async (): Promise<void> => {
    await Promise.all([http.close(HTTP_CLOSE_TIMEOUT_MS), manager.stop()]);
    logger.info('manager stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, guarded(stop, guard.die));
  await http.listen(config.listen);
  await manager.start();
}

main().catch((error: Error) => {
  process.stderr.write(`manager: ${error.message}\n`);
  process.exitCode = 1;
});
