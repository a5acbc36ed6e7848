import { DomainError } from '#common/errors';
import { createLogger } from '#common/logging';
import { FakeExecutor } from '../testing/fake-executor';
import { EngineHealth } from './engine-health';

const REFUSED = new DomainError('UNAVAILABLE', 'the engine does not answer (ping): connect ECONNREFUSED');
const LATE = new DomainError('DEADLINE_EXCEEDED', "the engine's answer (ping) took longer than 1000 ms");

async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
}

describe('the health of an engine', () => {
  const stopping = new AbortController();
  let engine: FakeExecutor;
  let health: EngineHealth;
  const ask = async (...failures: Error[]) => {
    engine.failNext('ping', ...failures);
    health.suspect();
    await settled();
  };

  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    engine = new FakeExecutor();
    health = new EngineHealth(engine, createLogger('agent', 'silent'));
    void health.run(stopping.signal);
    await settled();
  });
  afterEach(() => jest.useRealTimers());
  afterAll(() => stopping.abort());

  it('is good when it answers', () => expect(health.error.value).toBe(''));

  it('is bad as soon as it refuses a connection', async () => {
    await ask(REFUSED);
    expect(health.error.value).toBe(REFUSED.message);
  });

  it('is not bad for one late answer', async () => {
    await ask(LATE);
    expect(health.error.value).toBe('');
  });

  it('is bad when it hangs', async () => {
    await ask(LATE, LATE);
    expect(health.error.value).toContain("the engine's answer (ping) took longer than 1000 ms");
  });

  it('is not asked for in a circle because the asking fails', async () => {
    engine.calls.length = 0;
    engine.onCall = () => health.suspect();
    await ask(REFUSED, REFUSED, REFUSED, REFUSED);
    expect(engine.calls.length).toBeLessThanOrEqual(2);
  });

  it('is good again at the first answer, and says so once', async () => {
    const changes: string[] = [];
    await ask(REFUSED);
    health.error.onChange((error) => changes.push(error));
    jest.advanceTimersByTime(500);
    await settled();
    await ask();
    expect(changes).toEqual(['']);
  });
});
