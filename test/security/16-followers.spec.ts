import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { ApiScenario, NODE_ID } from '../../apps/manager/src/api/testing/api-scenario';
import { FakeEngine } from './fake-engine';
import { RawConnection } from './raw-connection';

const CONTAINER = 'c0ffee'.padEnd(64, '0');
const FOLLOWERS = 12;
/** Each follower is sent 5 MB: few enough that one may leave them unread, too many for all. */
const EVENTS = 5_000;
const MOST_UNREAD_BYTES = 40 * 1024 * 1024;

let folder: string;
let engine: FakeEngine;
let scenario: ApiScenario;
let open: RawConnection[];
beforeEach(async () => {
  open = [];
  folder = await mkdtemp(join(tmpdir(), 'swarmctl-followers-'));
  engine = await FakeEngine.start('engine', join(folder, 'engine.sock'), CONTAINER);
  scenario = await ApiScenario.start({ engines: { connect: () => engine.connect() } });
  const serviceId = await scenario.createService('web');
  await scenario.addTask('task0000000000000000000aa', serviceId, { nodeId: NODE_ID, containerId: CONTAINER });
});
afterEach(async () => {
  for (const raw of open) raw.close();
  await scenario.stop();
  await engine.stop();
  await rm(folder, { recursive: true });
});

async function connection(): Promise<RawConnection> {
  const raw = await RawConnection.open({ path: scenario.api.socket });
  open.push(raw);
  return raw;
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('promise 16: who follows and does not read takes little, and who is gone takes nothing', () => {
  it('followers of events together have one budget; one that reads gets every event', async () => {
    const line = `${JSON.stringify({ Type: 'container', Action: 'start', Actor: { Attributes: { x: 'x'.repeat(1_000) } } })}\n`;
    const events = line.repeat(EVENTS);
    engine.answer = () => `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n${events}`;
    const stalled = await Promise.all(Array.from({ length: FOLLOWERS }, connection));
    for (const raw of stalled) {
      raw.socket.pause();
      raw.send(get('/events'));
    }
    await eventually(() => engine.requests.length === FOLLOWERS, { reason: 'all follow' });
    const reading = await connection();
    reading.send(get('/events'));
    await eventually(() => reading.received.split('"Action"').length - 1 === EVENTS, {
      reason: 'the one that reads has got all',
    });
    // Those that were cut off do not follow the engine either.
    await eventually(() => (engine.openConnections - 1) * events.length <= MOST_UNREAD_BYTES, {
      reason: 'the others are within the budget',
    });
    expect(engine.openConnections).toBeGreaterThan(1);
  }, 20_000);

  it('a request that waits behind another ends with its connection', async () => {
    const raw = await connection();
    raw.send(
      get('/events?filters={"type":["service"]}') +
        get(`/containers/${CONTAINER}/logs?follow=1`) +
        get(`/services/web/logs?follow=1&stdout=1`),
    );
    engine.answer = () => 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n';
    await eventually(() => engine.openConnections === 2, { reason: 'both logs are followed' });
    const closed = once(raw.socket, 'close');
    raw.close();
    await closed;
    await eventually(() => engine.openConnections === 0, { reason: 'no log is followed' });
  });
});
