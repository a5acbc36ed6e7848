import 'reflect-metadata';
import { guarded, ProcessGuard } from '#common/concurrency';
import { createLogger, type Logger } from '#common/logging';
import { BaseFilter } from '#common/packet-filter';
import { findSocketGroup } from './api/http/socket-group';
import { HttpServer } from './api/http-server';
import { compileSooner } from './compile-sooner';
import { callersOf, controlPlacesOf, readConfig, type ManagerConfig } from './manager-config';
import { ManagerProcess } from './manager-process';
import { toBaseNeeds } from './membership/control-plane';

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
  const { advertiseAddr, agentNetwork, controlPlaneUser: users } = config;
  const socketGroup = await findSocketGroup(config.socketGroup);
  const filter = await BaseFilter.create({ program: 'manager', announced: [advertiseAddr], users, logger });
  const running: { http?: HttpServer; manager?: ManagerProcess } = {};
  const stopping = new AbortController();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([running.http?.close(HTTP_CLOSE_TIMEOUT_MS), running.manager?.stop()]);
    await filter.remove();
    logger.info('manager stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, guarded(stop, guard.die));
  // Before anything else: nothing of the control plane is to be open, not even for a moment.
  await filter.install(toBaseNeeds(controlPlacesOf(config), agentNetwork));
  guard.mustRun('base rules', stopping.signal, filter.run());
  const manager = await ManagerProcess.create({ config, filter, logger, guard });
  const http = new HttpServer(manager.handlers, logger, { socketGroup, callers: callersOf(config) });
  Object.assign(running, { http, manager });
  await http.listen(config.listen);
  await manager.start();
}

main().catch((error: Error) => {
  process.stderr.write(`manager: ${error.message}\n`);
  process.exitCode = 1;
});
