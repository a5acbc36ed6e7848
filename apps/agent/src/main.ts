import { ProcessGuard } from '#common/concurrency';
import { createLogger } from '#common/logging';
import { Agent } from './agent';
import { readAgentConfig } from './agent-config';

async function main(): Promise<void> {
  const config = readAgentConfig(process.argv);
  const logger = createLogger('agent', config.logLevel);
  const guard = new ProcessGuard('the agent', logger);
  guard.watch();
  const agent = await Agent.start(config, guard, logger).catch(guard.die);
  if (!agent) return;
  const leave = (): void => {
    agent.stop();
    process.exit(0);
  };
  process.once('SIGTERM', leave);
  process.once('SIGINT', leave);
}

main().catch((error: Error) => {
  process.stderr.write(`agent: ${error.message}\n`);
  process.exitCode = 1;
});
