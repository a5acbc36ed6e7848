import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { eventually } from '#common/testing';
import { DOCKER_CLIS, sleeper, SwarmUnderTest } from '../e2e/swarm-under-test';
import { runCommand } from '../lab/run-command';

const CALLS = 500;
const AT_ONCE = 25;
/** Connections to etcd and between managers and agents come and go by themselves. */
const TOLERANCE = 3;
/** What a client has got when it goes: nothing, the answer, or the answer after its own last word. */
const GOINGS = ['at once', 'answered', 'half-closed'] as const;

type Going = (typeof GOINGS)[number];

describe('promise 16: a client that is gone leaves no descriptor open', () => {
  let swarm: SwarmUnderTest;
  /** By where they run: as a container of the manager's host, as a task there, as a task on another host. */
  let containers: string[];
  let taskIds: string[];
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('descriptors', ['n1', 'n2']);
    await swarm.createSleepers('quiet', 2, { ContainerSpec: { ...sleeper(), OpenStdin: true } });
    const tasks = await swarm.untilRunning('quiet', 2);
    taskIds = tasks.map(({ ID }) => ID);
    const { stdout } = await swarm.docker(DOCKER_CLIS[0] ?? 'docker', 'run', '-d', '-i', 'busybox', 'sleep', '1000');
    containers = [stdout.trim(), ...tasks.map(({ Status }) => Status.ContainerStatus?.ContainerID ?? '')];
  }, 120_000);
  afterAll(() => swarm?.down());

  const processes = (): number[] =>
    [swarm.cluster.process('manager', 'n1'), swarm.cluster.process('agent', 'n1'), swarm.cluster.process('agent', 'n2')].map(
      (process) => process?.pid ?? 0,
    );
  const descriptors = (): number[] => processes().map((pid) => readdirSync(`/proc/${pid}/fd`).length);

  const upgrade = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
  const createExec = async (container: string, command: string[]): Promise<string> => {
    const body = { AttachStdin: true, AttachStdout: true, Cmd: command };
    const reply = await swarm.send('POST', `/containers/${container}/exec`, body);
    return (JSON.parse(reply.text) as { Id: string }).Id;
  };
  const startExec = (id: string): string => {
    const body = '{"Detach":false,"Tty":false}';
    const type = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    return `POST /v1.41/exec/${id}/start HTTP/1.1\r\nHost: x\r\n${upgrade}${type}\r\n${body}`;
  };
  const head = (method: string, path: string, more = ''): string => `${method} /v1.41${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

  /** One request of every kind, on every way. */
  const requests = async (): Promise<string[]> => [
    ...containers.flatMap((id) => [
      head('POST', `/containers/${id}/attach?stream=1&stdout=1&stderr=1&stdin=1`, upgrade),
      head('POST', `/containers/${id}/attach?stream=1&stdout=1&stderr=1`, upgrade),
      head('POST', `/containers/${id}/attach?stream=1&stdout=1`, 'Content-Length: 0\r\n'),
      head('GET', `/containers/${id}/logs?follow=1&stdout=1`),
      head('GET', `/containers/${id}/stats`),
    ]),
    ...(await Promise.all(containers.map((id) => createExec(id, ['cat'])))).map(startExec),
    ...(await Promise.all(containers.map((id) => createExec(id, ['sleep', '20'])))).map(startExec),
    ...taskIds.map((id) => head('GET', `/tasks/${id}/logs?follow=1&stdout=1`)),
    head('GET', '/services/quiet/logs?follow=1&stdout=1'),
    head('GET', '/events'),
    // The second waits for ever behind the first.
    head('GET', '/events') + head('GET', `/containers/${containers[2]}/logs?follow=1&stdout=1`),
  ];

  async function abort(request: string, going: Going): Promise<void> {
    const socket = connect({ path: swarm.cluster.managerSocket, allowHalfOpen: true });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(request);
    if (going !== 'at once') await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    if (going === 'half-closed') socket.end();
    socket.destroy();
  }

  it(`${CALLS} aborted calls of every kind, on every way`, async () => {
    await abort(head('GET', '/events'), 'answered');
    const before = descriptors();
    for (let made = 0; made < CALLS;) {
      const round = (await requests()).slice(0, CALLS - made);
      for (let at = 0; at < round.length; at += AT_ONCE)
        await Promise.all(
          round.slice(at, at + AT_ONCE).map((one, index) => abort(one, GOINGS[(made + at + index) % GOINGS.length] ?? 'at once')),
        );
      made += round.length;
    }
    await eventually(
      () => {
        const left = descriptors().map((count, index) => count - (before[index] ?? 0));
        if (left.some((count) => count > TOLERANCE)) throw new Error(`manager, agent, other agent: ${left.join(', ')}`);
      },
      { reason: 'as many descriptors are open as before', timeoutMs: 15_000 },
    );
  }, 60_000);

  it.each(DOCKER_CLIS)(
    'a client that has said its last word still gets the answer, byte for byte (%s)',
    async (cli) => {
      const text = Array.from({ length: 200_000 }, (_, index) => `line ${index}\n`).join('');
      await Promise.all(
        containers.map(async (id) => {
          const exec = (...args: string[]) => runCommand(cli, ['-H', swarm.host, 'exec', ...args], { input: text });
          const [typed, quiet] = await Promise.all([
            exec('-i', id, 'sh', '-c', 'cat; sleep 2; echo end'),
            exec(id, 'sh', '-c', 'sleep 2; echo late'),
          ]);
          expect([typed.stdout === `${text}end\n`, quiet.stdout]).toEqual([true, 'late\n']);
        }),
      );
    },
    60_000,
  );
});
