import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LabCluster } from '../../test/lab/cluster';
import type { ClusterPart } from '../../test/lab/cluster-layout';
import { eventually } from '#common/testing';
import type { Lab } from '../../test/lab/lab';
import { runCommand } from '../../test/lab/run-command';
import { tracesOf } from '../../test/lab/traces';
import { findLocalLab } from './local-state';

const PROGRAMS = join(__dirname, '../../dist/deploy/local');
const START_TIMEOUT_MS = 90_000;

jest.setTimeout(180_000);

/** `npm start` and `npm stop` of the built programs, in a folder of their own so as not to meet a cluster of the checkout. */
describe('a local cluster', () => {
  const home = mkdtempSync(join(tmpdir(), 'swarmctl-local-'));
  const dir = join(home, 'swarm');
  const socket = join(home, 'run/manager.sock');
  const startArgs = [join(PROGRAMS, 'start.js'), '--dir', dir, '--socket', socket, '--hosts', '2'];

  const start = () => runCommand(process.execPath, [...startArgs, '--detach'], { timeoutMs: START_TIMEOUT_MS });
  const stop = () => runCommand(process.execPath, [join(PROGRAMS, 'stop.js'), '--dir', dir]);

  afterEach(stop);
  afterAll(() => rmSync(home, { recursive: true }));

  function lab(): Lab {
    const found = findLocalLab(dir);
    if (found === undefined) throw new Error('the cluster is not up');
    return found;
  }

  function cluster(): LabCluster {
    const found = LabCluster.find(lab());
    if (found === undefined) throw new Error('the cluster was not laid out');
    return found;
  }

  async function startInForeground(): Promise<{ program: ChildProcess; ended: Promise<number | null> }> {
    const program = spawn(process.execPath, startArgs, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<number | null>((resolve) => program.once('exit', resolve));
    let printed = '';
    program.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text));
    const outcome = () => (printed.includes('Ctrl-C') ? 'up' : program.exitCode === null ? false : 'ended');
    expect(await eventually(outcome, { reason: 'the cluster is up', timeoutMs: START_TIMEOUT_MS })).toBe('up');
    return { program, ended };
  }

  it('runs detached with every node ready, says what to type next, and ends without a trace', async () => {
    const { stdout } = await start();
    expect(stdout).toContain('npx swarmctl service create');
    const running = lab();
    const nodes = await cluster().nodes();
    expect(nodes.map((node) => node.Description?.Hostname).sort()).toEqual(['n1', 'n2']);

    await stop();

    expect(tracesOf(running)).toEqual([]);
    expect(existsSync(socket)).toBe(false);
  });

  it('is not started twice', async () => {
    await start();
    await expect(start()).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('npm stop') as string });
  });

  it.each<{ part: ClusterPart; host: string }>([
    { part: 'etcd', host: 'n1' },
    { part: 'manager', host: 'n1' },
    { part: 'agent', host: 'n2' },
  ])('gets back its $part when that is killed', async ({ part, host }) => {
    await start();
    const before = cluster().process(part, host)?.pid;
    await cluster().kill(part, host);
    const isBack = () => cluster().process(part, host)?.isRunning() === true && cluster().process(part, host)?.pid !== before;
    await eventually(isBack, { reason: `${part} runs again` });
    await cluster().ready();
  });

  it('ends with its foreground on Ctrl-C', async () => {
    const { program, ended } = await startInForeground();
    const running = lab();
    program.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(tracesOf(running)).toEqual([]);
  });

  it('is ended by npm stop also in the foreground of another terminal', async () => {
    const { ended } = await startInForeground();
    const running = lab();
    await stop();
    expect(await ended).toBe(0);
    expect(tracesOf(running)).toEqual([]);
  });

  it('starts anew after its program was killed', async () => {
    const { program, ended } = await startInForeground();
    program.kill('SIGKILL');
    await ended;
    await start();
    expect(await cluster().nodes()).toHaveLength(2);
  });

  it('can be stopped when there is none', async () => {
    await expect(stop()).resolves.toMatchObject({ stderr: '' });
  });
});
