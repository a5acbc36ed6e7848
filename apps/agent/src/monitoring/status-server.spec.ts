import { createServer, type AddressInfo } from 'node:net';
import { createLogger } from '#common/logging';
import { AgentMetrics } from './agent-metrics';
import { StatusServer } from './status-server';

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

describe('the status server', () => {
  const troubles: string[] = [];
  let server: StatusServer;
  let base: string;
  const get = async (path: string): Promise<[number, string]> => {
    const reply = await fetch(base + path);
    return [reply.status, await reply.text()];
  };

  beforeAll(async () => {
    const metrics = new AgentMetrics(
      { uncaughtErrors: 2 },
      {
        tasksByState: () => new Map([['running', 3]]),
        startsInFlight: () => 2,
        isEngineUp: () => false,
        isConnected: () => true,
      },
    );
    metrics.observeCall('start', 0.3, true);
    server = new StatusServer({ registry: metrics.registry, troubles: () => troubles, logger: createLogger('test', 'silent') });
    const address = `127.0.0.1:${await freePort()}`;
    base = `http://${address}`;
    await server.listen(address);
  });
  afterAll(() => server.close());
  beforeEach(() => (troubles.length = 0));

  it('says that the process lives', async () => expect(await get('/healthz')).toEqual([200, 'ok\n']));

  it('says that the agent is ready', async () => expect(await get('/readyz')).toEqual([200, 'ok\n']));

  it('says what keeps the agent from its work', async () => {
    troubles.push('the engine does not answer', 'no session with a manager');
    expect(await get('/readyz')).toEqual([503, 'the engine does not answer\nno session with a manager\n']);
  });

  it('has nothing else', async () => expect(await get('/')).toEqual([404, 'not found\n']));

  it('gives figures', async () => {
    const [, text] = await get('/metrics');
    expect(text).toContain('swarmctl_agent_tasks{state="running"} 3');
    expect(text).toContain('swarmctl_agent_starts_in_flight 2');
    expect(text).toContain('swarmctl_agent_engine_up 0');
    expect(text).toContain('swarmctl_agent_connected 1');
    expect(text).toContain('swarmctl_agent_engine_call_seconds_count{call="start",ok="true"} 1');
    expect(text).toContain('nodejs_eventloop_lag_seconds');
  });
});
