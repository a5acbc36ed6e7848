import 'reflect-metadata';
import { createLogger } from '#common/logging';
import { findSocketGroup } from './api/http/socket-group';
import { HttpServer } from './api/http-server';
import { compileSooner } from './compile-sooner';
import { readConfig } from './manager-config';
import { ManagerProcess } from './manager-process';

/** How long running requests get to end when the manager stops. */
const HTTP_CLOSE_TIMEOUT_MS = 2_000;

async function main(): Promise<void> {
  compileSooner();
  const config = readConfig(process.argv);
  const logger = createLogger('manager', config.logLevel);
  const die = (error: unknown): void => {
    logger.fatal({ err: error }, 'the manager cannot go on');
    process.exit(1);
  };
  process.on('unhandledRejection', die);
  process.on('uncaughtException', die);
  const socketGroup = await findSocketGroup(config.socketGroup);
  const manager = await ManagerProcess.create({ config, logger, die });
  const http = new HttpServer(manager.handlers, logger, socketGroup);
  const stop = async (): Promise<void> => {
    await Promise.all([http.close(HTTP_CLOSE_TIMEOUT_MS), manager.stop()]);
    logger.info('manager stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop().catch(die));
  await http.listen(config.listen);
  await manager.start();
}

void main();
