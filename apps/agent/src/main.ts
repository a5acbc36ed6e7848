import { createLogger } from '#common/logging';
import { Agent } from './agent';
import { readAgentConfig } from './agent-config';

async function main(): Promise<void> {
  const config = readAgentConfig(process.argv);
  const logger = createLogger('agent', config.logLevel);
  const die = (error: unknown): void => {
    logger.fatal({ err: error }, 'the agent cannot go on');
    process.exit(1);
  };
  process.on('unhandledRejection', die);
  process.on('uncaughtException', die);
  const agent = await Agent.start(config, logger);
  const leave = (): void => {
    agent.stop();
    process.exit(0);
  };
  process.once('SIGTERM', leave);
  process.once('SIGINT', leave);
}

void main();
