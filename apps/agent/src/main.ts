import { guarded, ProcessGuard } from '#common/concurrency';
import { createLogger, type Logger } from '#common/logging';
import { BaseFilter } from '#common/packet-filter';
import { Agent } from './agent';
import { readAgentConfig, type AgentConfig } from './agent-config';
import { toBaseNeeds } from './network/base-needs';
import { StateFile } from './network/state-file';

async function main(): Promise<void> {
  const config = readAgentConfig(process.argv);
  const logger = createLogger('agent', config.logLevel);
  const guard = new ProcessGuard('the agent', logger);
  guard.watch();
  await run(config, guard, logger).catch(guard.die);
}

async function run(config: AgentConfig, guard: ProcessGuard, logger: Logger): Promise<void> {
  const { advertiseAddress, controlPlaneUsers: users } = config;
  const filter = await BaseFilter.create({ program: 'agent', announced: [advertiseAddress], users, logger });
  const running: { agent?: Agent } = {};
  const leave = async (): Promise<void> => {
    running.agent?.stop();
    await filter.remove();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, guarded(leave, guard.die));
  // Before anything else: nothing of the control plane is to be open, not even for a moment.
  const known = await new StateFile(config.dataDir, logger).load();
  await filter.install(toBaseNeeds(config, known));
  running.agent = await Agent.start(config, filter, guard, logger);
}

main().catch((error: Error) => {
  process.stderr.write(`agent: ${error.message}\n`);
  process.exitCode = 1;
});
