import { DEFAULT_SOCKET } from './local-state';

/** What a person may want to know about the cluster that was just started. */
export interface StartedCluster {
  readonly nodes: readonly { readonly name: string; readonly address: string; readonly dockerSocket: string }[];
  readonly socket: string;
  readonly logsDir: string;
}

/** The text that tells what runs and what to type next. */
export function describeNextSteps({ nodes, socket, logsDir }: StartedCluster): string {
  const rows = nodes.map(
    ({ name, address, dockerSocket }) => `  ${name.padEnd(16)}${address.padEnd(16)}docker -H unix://${dockerSocket} ps`,
  );
  const setting = socket === DEFAULT_SOCKET ? '' : `DOCKER_HOST=unix://${socket} `;
  return `A cluster of ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'} runs:
${rows.join('\n')}

Try:
  ${setting}npx swarmctl node ls
  ${setting}npx swarmctl service create --name web --replicas ${nodes.length} busybox sleep 3600
  ${setting}npx swarmctl service ps web
  docker -H unix://${socket} service ls

Logs: ${logsDir}
`;
}
