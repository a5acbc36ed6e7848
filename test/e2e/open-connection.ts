import type { SwarmUnderTest, TaskJson } from './swarm-under-test';

/** Sends a line every 100 ms over one connection, for as long as it lives; what comes back is counted in /tmp/echoed. */
const TALKER =
  'until nc $TARGET 7000 </dev/null; do sleep 0.1; done; (while true; do echo hello; sleep 0.1; done) | nc $TARGET 7000 > /tmp/echoed';
const ECHO = 'nc -ll -p 7000 -e cat';

/** A connection that stays open. */
export interface OpenConnection {
  /** The task that began it. */
  readonly talker: TaskJson;
  /** How many lines have come back over it. */
  echoed(): Promise<number>;
}

/** Opens a connection over a network, from `talker` on n3 to `echo` on n2. */
export async function openConnection(swarm: SwarmUnderTest, network: string): Promise<OpenConnection> {
  const taskOn = async (host: string, name: string, command: string, env: string[] = []): Promise<TaskJson> => {
    await swarm.create({
      Name: name,
      TaskTemplate: {
        ContainerSpec: { Image: 'busybox:latest', Command: ['sh', '-c', command], Env: env, StopSignal: 'SIGKILL' },
        Networks: [{ Target: network }],
        Placement: { Constraints: [`node.hostname==${host}`] },
      },
    });
    const [task] = await swarm.untilRunning(name, 1, 30_000);
    return task as TaskJson;
  };
  await taskOn('n2', 'echo', ECHO);
  const talker = await taskOn('n3', 'talker', TALKER, ['TARGET=echo']);
  return {
    talker,
    echoed: async () => Number((await swarm.inTask(talker, 'sh', '-c', 'cat /tmp/echoed 2>/dev/null | wc -l')).trim()),
  };
}
