import { createLogger } from '#common/logging';
import type { NodeDescription } from '#common/proto';
import { DomainError } from '#common/errors';
import { FakeExecutor } from '../testing/fake-executor';
import { undescribedNode } from './docker/describe-node';
import { EngineHealth } from './engine-health';
import { NodeDescriber } from './node-describer';

const UNDESCRIBED = undescribedNode({ hostname: 'n1', labels: {}, genericResources: [] });

describe('the description of a node', () => {
  const stopping = new AbortController();
  let engine: FakeExecutor;
  let health: EngineHealth;
  let describer: NodeDescriber;
  let changes: NodeDescription[];

  beforeEach(() => {
    const logger = createLogger('agent', 'silent');
    engine = new FakeExecutor();
    health = new EngineHealth(engine, logger);
    describer = new NodeDescriber(engine, health, UNDESCRIBED, logger);
    changes = [];
    describer.description.onChange((description) => changes.push(description));
  });
  afterAll(() => stopping.abort());

  it('stays as it was while the engine does not answer', async () => {
    engine.failNext('describe', new DomainError('UNAVAILABLE', 'away'));
    await describer.refresh();
    expect(describer.description.value).toBe(UNDESCRIBED);
  });

  it('is told once, not at every look', async () => {
    await describer.refresh();
    await describer.refresh();
    expect(changes).toHaveLength(1);
  });

  it('is looked at again when the engine is back, maybe as another version', async () => {
    void describer.run(stopping.signal);
    health.error.set('away');
    health.error.set('');
    await new Promise((resolve) => setImmediate(resolve));
    expect(engine.calls).toEqual(['describe']);
  });
});
