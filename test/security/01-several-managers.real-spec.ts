import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { SealingKeys } from '../../apps/manager/src/membership/sealing-keys';
import { SwarmUnderTest } from '../e2e/swarm-under-test';
import { LabCluster } from '../lab/cluster';
import { Lab } from '../lab/lab';
import type { LabHost } from '../lab/lab-host';
import { containerShell, hostShell, reached, type Shell } from './reach';

const API = { name: 'manager API (TCP)', port: 2375 };

describe('promise 1: containers reach no manager, whichever one the agent of their host is connected to', () => {
  let lab: Lab;
  let swarm: SwarmUnderTest;
  /** A manager's address, and another one of the same host. */
  let targets: string[];
  let worker: LabHost;

  beforeAll(async () => {
    lab = await Lab.up({ name: 'who-reaches-all', hosts: ['n1', 'n2', 'n3'] });
    worker = lab.host('n3');
    const second = (host: LabHost): string => `192.168.${lab.slot}.${host.address.split('.').at(-1)}`;
    const managers = ['n1', 'n2'].map((name) => lab.host(name));
    for (const host of [...managers, worker]) await host.exec('ip', ['address', 'add', `${second(host)}/24`, 'dev', 'eth0']);
    targets = managers.flatMap((host) => [host.address, second(host)]);
    const cluster = await LabCluster.create(lab, {
      managers: ['n1', 'n2'],
      extraArgs: {
        manager: [
          ...['--listen', `tcp://0.0.0.0:${API.port}`],
          ...[lab.host('n1').address.replace(/\d+$/, '0/24'), `192.168.${lab.slot}.0/24`].flatMap((net) => [
            '--agent-network',
            net,
          ]),
        ],
      },
    });
    swarm = SwarmUnderTest.around(lab, cluster);
    // As an operator does it who adds managers.
    const [first = '', other = ''] = managers.map(({ dataDir }) => join(dataDir, 'manager'));
    await mkdir(first, { recursive: true });
    await SealingKeys.load(first);
    await mkdir(other, { recursive: true });
    await copyFile(join(first, 'sealing-keys.json'), join(other, 'sealing-keys.json'));
    for (const { part, host } of cluster.parts()) cluster.start(part, host);
    await swarm.cluster.ready();
  }, 120_000);
  afterAll(() => lab?.down());

  const open = async (shell: Shell): Promise<string[]> => {
    const tries = await Promise.all(targets.map((target) => reached(shell, [target], [API])));
    return targets.filter((_, index) => tries[index]?.[0]);
  };

  it("not its API over TCP either, nor at the other addresses of its host; the host's own users do", async () => {
    const { stdout } = await worker.exec('docker', ['run', '-d', 'busybox:latest', 'sleep', '1000000']);
    const container = containerShell(worker, stdout.trim());
    await eventually(async () => expect(await open(container)).toEqual([]), { reason: 'the agent was told of all managers' });
    expect(await open(hostShell(worker, 'nobody'))).toEqual(targets);
  }, 60_000);
});
