import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { createLogger } from '#common/logging';
import { NestAdapter } from './api/http/nest-adapter';
import { HttpServer } from './api/http-server';
import { createRequestHandlers } from './api/request-handler';
import { Vault } from '#common/store';
import { VERSION } from '#common/version';
import { Manager } from './manager';
import { readConfig } from './manager-config';
import { ManagerModule } from './manager.module';
import { loadManagerId } from './membership/manager-identity';
import { SealingKeys } from './membership/sealing-keys';

/** How long running requests get to end when the manager stops. */
const HTTP_CLOSE_TIMEOUT_MS = 2_000;

async function main(): Promise<void> {
  const config = readConfig(process.argv);
  const logger = createLogger('manager', config.logLevel);
  const die = (error: unknown): void => {
    logger.fatal({ err: error }, 'the manager cannot go on');
    process.exit(1);
  };
  process.on('unhandledRejection', die);
  process.on('uncaughtException', die);
  const managerId = await loadManagerId(config.dataDir);
  const sealingKeys = await SealingKeys.load(config.dataDir);
  const context = { config, managerId, sealingKeys, vault: new Vault(sealingKeys), logger };
  const app = await NestFactory.create(ManagerModule.register(context), new NestAdapter(), {
    bodyParser: false,
    logger: false,
  });
  const http = new HttpServer(await createRequestHandlers(app, VERSION), logger);
  const manager = app.get(Manager);
  const stop = async (): Promise<void> => {
    await Promise.all([http.close(HTTP_CLOSE_TIMEOUT_MS), manager.stop()]);
    logger.info('manager stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop().catch(die));
  await http.listen(config.listen);
  await manager.start();
  logger.info({ managerId }, 'manager started');
}

void main();
