import { eventually } from '#common/testing';
import { inContainer } from './traffic';
import { DOCKER_CLIS, SwarmUnderTest } from './swarm-under-test';

const SERVE = (text: string): string => `mkdir -p /www && echo ${text} > /www/index.html && exec httpd -f -p 80 -h /www`;

describe('containers that are no tasks on an attachable overlay', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('attachable');
    const lan = await swarm.createNetwork('lan', { Attachable: true });
    await swarm.createNetwork('closed');
    const container = { Image: 'busybox:latest', Args: ['sh', '-c', SERVE('from a task')], StopGracePeriod: 0 };
    await swarm.createSleepers('web', 3, { ContainerSpec: container, Networks: [{ Target: lan }] });
    await swarm.untilRunning('web', 3);
  }, 120_000);
  afterAll(() => swarm?.down());

  const attachments = async (): Promise<unknown[]> => {
    const filters = encodeURIComponent(JSON.stringify({ runtime: ['attachment'] }));
    return swarm.cluster.api.json<unknown[]>({ path: `/v1.41/tasks?filters=${filters}` });
  };
  const untilNoAttachments = (): Promise<void> =>
    eventually(async () => expect(await attachments()).toEqual([]), { reason: 'no place is held any more', timeoutMs: 10_000 });
  /** What each task of the service gets from a name. */
  const asked = async (name: string): Promise<string[]> => {
    const tasks = await swarm.running('web');
    return Promise.all(tasks.map((task) => swarm.inTask(task, 'wget', '-q', '-O', '-', `http://${name}`)));
  };

  describe.each(DOCKER_CLIS)('%s', (cli) => {
    const docker = async (...args: string[]): Promise<string> => (await swarm.docker(cli, ...args)).stdout.trim();

    it('run reaches services by name and by each task, and gives its place back', async () => {
      const script =
        'wget -q -O - http://web; for a in $(nslookup tasks.web | grep -o "10[.0-9]*$"); do wget -q -O - http://$a; done';
      const said = await docker('run', '--rm', '--network', 'lan', 'busybox:latest', 'sh', '-c', script);
      expect(said.split('\n')).toEqual(Array(4).fill('from a task'));
      await untilNoAttachments();
    }, 60_000);

    it('run is found by tasks on every host, by its name and aliases', async () => {
      await docker(
        'run',
        '-d',
        '--name',
        'tool',
        '--network',
        'lan',
        '--network-alias',
        'box',
        'busybox:latest',
        'sh',
        '-c',
        SERVE('tool'),
      );
      for (const name of ['tool', 'box']) {
        await eventually(async () => expect(await asked(name)).toEqual(Array(3).fill('tool\n')), {
          reason: `${name} answers all hosts`,
        });
      }
      await docker('restart', '-t', '0', 'tool');
      await eventually(async () => expect(await asked('tool')).toEqual(Array(3).fill('tool\n')), {
        reason: 'it answers after a restart',
      });
      await docker('rm', '-f', 'tool');
      await untilNoAttachments();
    }, 60_000);

    it('connect and disconnect put a container on the network and take it off', async () => {
      const id = await docker('run', '-d', '--name', 'plain', 'busybox:latest', 'sh', '-c', SERVE('plain'));
      await docker('network', 'connect', '--alias', 'plainer', 'lan', 'plain');
      await eventually(async () => expect(await asked('plainer')).toEqual(Array(3).fill('plain\n')), {
        reason: 'it answers all hosts',
      });
      await docker('network', 'disconnect', 'lan', 'plain');
      expect(await inContainer(swarm.lab.host('n1'), id, 'ip', 'addr')).not.toContain('eth1');
      await untilNoAttachments();
      await docker('rm', '-f', 'plain');
    }, 60_000);

    it('may have an address that somebody has chosen, if nobody has it', async () => {
      const { Subnet } = (
        JSON.parse(await docker('network', 'inspect', '--format', '{{json .IPAM.Config}}', 'lan')) as { Subnet: string }[]
      )[0] ?? { Subnet: '' };
      const address = Subnet.replace(/0\.0\/\d+$/, '1.77').replace(/0\/\d+$/, '77');
      const id = await docker(
        'run',
        '-d',
        '--name',
        'chosen',
        '--network',
        'lan',
        '--ip',
        address,
        'busybox:latest',
        'sleep',
        '1000000',
      );
      expect(await inContainer(swarm.lab.host('n1'), id, 'ip', '-4', 'addr')).toContain(`inet ${address}/`);
      const again = docker('run', '--rm', '--network', 'lan', '--ip', address, 'busybox:latest', 'true');
      await expect(again).rejects.toThrow(`address ${address} is not free on network lan`);
      await docker('rm', '-f', 'chosen');
      await untilNoAttachments();
      await docker('run', '-d', '--name', 'plain', 'busybox:latest', 'sleep', '1000000');
      await docker('network', 'connect', '--ip', address, 'lan', 'plain');
      expect(await docker('exec', 'plain', 'ip', '-4', 'addr')).toContain(`inet ${address}/`);
      await docker('rm', '-f', 'plain');
      await untilNoAttachments();
    }, 60_000);

    it('says why a container cannot be had there, and holds no place for it', async () => {
      const refused = docker('run', '--rm', '--network', 'closed', 'busybox:latest', 'true');
      await expect(refused).rejects.toThrow('network closed not manually attachable');
      const outside = docker('run', '--rm', '--network', 'lan', '--ip', '192.0.2.9', 'busybox:latest', 'true');
      await expect(outside).rejects.toThrow("It does not belong to any of this network's subnets");
      await docker('network', 'create', '-d', 'overlay', '--attachable', 'spare');
      await docker('create', '--name', 'holder', '--network', 'spare', 'busybox:latest');
      await expect(docker('network', 'rm', 'spare')).rejects.toThrow('has active endpoints: container holder');
      await docker('rm', 'holder');
      await docker('create', '--name', 'taken', 'busybox:latest');
      await expect(docker('create', '--name', 'taken', '--network', 'lan', 'busybox:latest')).rejects.toThrow('already in use');
      await docker('rm', 'taken');
      await untilNoAttachments();
      await docker('network', 'rm', 'spare');
    }, 60_000);
  });

  it('outlive the agent, and what is gone meanwhile is noticed', async () => {
    const docker = (...args: string[]): Promise<unknown> => swarm.docker('docker', ...args);
    await docker('run', '-d', '--name', 'stays', '--network', 'lan', 'busybox:latest', 'sh', '-c', SERVE('stays'));
    await docker('run', '-d', '--name', 'goes', '--network', 'lan', 'busybox:latest', 'sleep', '1000000');
    await eventually(async () => expect(await asked('stays')).toEqual(Array(3).fill('stays\n')), {
      reason: 'it answers all hosts',
    });
    await swarm.cluster.kill('agent', 'n1');
    await swarm.lab.host('n1').docker.send({ method: 'DELETE', path: '/containers/goes?force=1' });
    swarm.cluster.start('agent', 'n1');
    await eventually(async () => expect(await attachments()).toHaveLength(1), {
      reason: 'one place is given back',
      timeoutMs: 20_000,
    });
    expect(await asked('stays')).toEqual(Array(3).fill('stays\n'));
    await docker('rm', '-f', 'stays');
    await untilNoAttachments();
  }, 90_000);

  it('leave nothing on any host', async () => {
    await swarm.removeServices();
    await swarm.docker('docker', 'network', 'rm', 'lan', 'closed');
    await swarm.untilNoOverlays();
  }, 60_000);
});
