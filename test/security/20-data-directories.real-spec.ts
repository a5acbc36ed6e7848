import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../lab/run-command';
import { LabCluster } from '../lab/cluster';
import { Lab } from '../lab/lab';

const MODE = 0o777;
const OTHERS = 0o077;
/** Some group that is not the process's own. */
const GROUP = 'daemon';

describe('promise 20: data directories of running programs', () => {
  let lab: Lab;
  let cluster: LabCluster;
  beforeAll(async () => {
    lab = await Lab.up({ name: 'closed', hosts: ['n1'] });
    cluster = await LabCluster.create(lab, { extraArgs: { manager: ['--socket-group', GROUP] } });
    // As an earlier version, or somebody's hand, has left them.
    for (const folder of folders()) {
      await mkdir(folder, { recursive: true });
      await chmod(folder, 0o755);
    }
    for (const { part, host } of cluster.parts()) cluster.start(part, host);
    await cluster.ready();
  }, 120_000);
  afterAll(() => lab?.down());

  const folders = (): string[] => ['manager', 'agent', 'agent-memory'].map((name) => join(lab.host('n1').dataDir, name));

  it('are closed to others, and so is every file that is no public thing', async () => {
    for (const folder of [...folders(), join(lab.host('n1').dataDir, 'etcd')])
      expect((await stat(folder)).mode & MODE).toBe(0o700);
    for (const folder of folders()) {
      for (const name of await readdir(folder)) {
        const found = await stat(join(folder, name));
        expect([name, found.mode & OTHERS]).toEqual([name, 0]);
      }
    }
  });

  it('have a socket beside them for the group that was named', async () => {
    const [, , number] = (await runCommand('getent', ['group', GROUP])).stdout.split(':');
    const socket = await stat(cluster.managerSocket);
    expect([socket.mode & MODE, socket.gid]).toEqual([0o660, Number(number)]);
  });

  it('are not even touched by a manager that is told of a group which is not there', async () => {
    const args = [
      join(__dirname, '../../dist/apps/manager/src/main.js'),
      '--data-dir',
      join(lab.root, 'never'),
      '--socket-group',
      'nobody-has-this',
    ];
    await expect(runCommand(process.execPath, args)).rejects.toThrow('--socket-group nobody-has-this');
    await expect(stat(join(lab.root, 'never'))).rejects.toThrow('ENOENT');
  }, 30_000);
});
