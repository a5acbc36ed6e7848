import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { eventually } from '#common/testing';
import { sleeper, SwarmUnderTest } from '../e2e/swarm-under-test';
import { commandEnvironment, runCommand } from '../lab/run-command';

/** Debian's, whose packages the clients are. */
const PYTHON = '/usr/bin/python3';

describe('clients of the Docker Engine API', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('conformance');
  }, 120_000);
  afterAll(() => swarm?.down());
  afterEach(() => swarm.removeServices(), 60_000);

  it('docker-py goes through services, secrets, configs, nodes, logs, exec and events', async () => {
    const { stdout } = await runCommand(PYTHON, [join(__dirname, 'docker_py.py'), swarm.host], { timeoutMs: 110_000 });
    expect(stdout).toBe('ok\n');
  }, 120_000);

  it('Ansible’s modules bring about what they are asked for, and then change nothing', async () => {
    const playbook = join(__dirname, 'ansible/swarm.yml');
    const home = mkdtempSync(join(tmpdir(), 'swarmctl-ansible-'));
    try {
      const env = commandEnvironment({ HOME: home, ANSIBLE_LOCALHOST_WARNING: 'false', ANSIBLE_NOCOLOR: '1', LANG: 'C.UTF-8' });
      const args = ['-i', 'localhost,', '-e', `docker_host=${swarm.host}`, playbook];
      const { stdout } = await runCommand('ansible-playbook', args, { timeoutMs: 170_000, env });
      expect(stdout).toMatch(/localhost +: ok=\d+ +changed=\d+ +unreachable=0 +failed=0/);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  }, 180_000);

  it('Prometheus discovers nodes, services and tasks with their labels', async () => {
    const networkId = await swarm.createNetwork('metrics');
    await swarm.createSleepers(
      'web',
      2,
      { Networks: [{ Target: networkId }] },
      { Labels: { team: 'blue' }, EndpointSpec: { Ports: [{ TargetPort: 9100, PublishedPort: 9100 }] } },
    );
    await swarm.untilRunning('web', 2);
    const prometheus = await Prometheus.start(swarm.host);
    try {
      const nodes = await prometheus.untilTargets('nodes', 3);
      expect(nodes).toContainEqual(
        expect.objectContaining({
          __meta_dockerswarm_node_hostname: 'n2',
          __meta_dockerswarm_node_role: 'worker',
          __meta_dockerswarm_node_status: 'ready',
          __meta_dockerswarm_node_availability: 'active',
          __meta_dockerswarm_node_platform_os: 'linux',
        }),
      );
      const services = await prometheus.untilTargets('services', 1);
      expect(services).toContainEqual(
        expect.objectContaining({
          __meta_dockerswarm_service_name: 'web',
          __meta_dockerswarm_service_label_team: 'blue',
          __meta_dockerswarm_service_mode: 'replicated',
          __meta_dockerswarm_service_endpoint_port_publish_mode: 'ingress',
          __meta_dockerswarm_network_name: 'metrics',
          __address__: expect.stringMatching(/^10\.\d+\.\d+\.\d+:9100$/),
        }),
      );
      const tasks = await prometheus.untilTargets('tasks', 2);
      const onNetwork = tasks.filter((labels) => labels['__meta_dockerswarm_network_name'] === 'metrics');
      expect(new Set(onNetwork.map((labels) => labels['__meta_dockerswarm_task_slot']))).toEqual(new Set(['1', '2']));
      for (const labels of onNetwork) {
        expect(labels).toMatchObject({
          __meta_dockerswarm_service_name: 'web',
          __meta_dockerswarm_task_state: 'running',
          __meta_dockerswarm_task_desired_state: 'running',
          __meta_dockerswarm_node_hostname: expect.stringMatching(/^n\d$/),
          __address__: expect.stringMatching(/^10\.\d+\.\d+\.\d+:9100$/),
        });
      }
    } finally {
      await prometheus.stop();
    }
    await swarm.removeServices();
    await eventually(async () => (await swarm.send('DELETE', '/networks/metrics')).status === 204, {
      reason: 'the network is not used any more',
    });
  }, 90_000);

  it('dockerode goes from secrets to services, tasks, logs and exec', async () => {
    const docker = new Docker({ socketPath: swarm.cluster.managerSocket });
    expect(((await docker.info()) as { Swarm: { LocalNodeState: string } }).Swarm.LocalNodeState).toBe('active');
    await expect(docker.swarmInit({})).rejects.toMatchObject({ statusCode: 503 });
    const secret = await docker.createSecret({ Name: 'node-secret', Data: Buffer.from('v').toString('base64'), Labels: {} });
    const config = await docker.createConfig({ Name: 'node-config', Data: Buffer.from('c').toString('base64'), Labels: {} });
    const network = await docker.createNetwork({ Name: 'node-net', Driver: 'overlay', Attachable: true });
    const service = await docker.createService({
      Name: 'node-web',
      TaskTemplate: {
        ContainerSpec: {
          ...sleeper(),
          Args: ['sh', '-c', 'echo hello; sleep 1000'],
          Secrets: [{ SecretID: secret.id, SecretName: 'node-secret', File: { Name: 's', UID: '0', GID: '0', Mode: 0o444 } }],
        },
        Networks: [{ Target: 'node-net' }],
      },
      Mode: { Replicated: { Replicas: 2 } },
    } as Docker.CreateServiceOptions);
    const tasks = await swarm.untilRunning('node-web', 2);

    const before = (await service.inspect()) as { Version: { Index: number }; Spec: { Labels?: object } };
    // As dashboards do it: the whole spec goes into the query as well.
    await service.update({ ...before.Spec, version: before.Version.Index, Labels: { a: 'b' } } as object);
    expect(((await service.inspect()) as typeof before).Spec.Labels).toEqual({ a: 'b' });
    expect(await docker.listServices({ filters: { name: ['node-web'] } })).toHaveLength(1);
    expect(await docker.listTasks({ filters: { service: ['node-web'], 'desired-state': ['running'] } })).toHaveLength(2);
    expect(await docker.listNodes()).toHaveLength(3);
    expect((await docker.listSecrets()).map(({ Spec }) => Spec?.Name)).toContain('node-secret');

    const log = (await service.logs({ stdout: true, stderr: true })) as unknown as Buffer | NodeJS.ReadableStream;
    const text = Buffer.isBuffer(log) ? log.toString('latin1') : await textOf(log);
    expect(text.match(/hello/g)).toHaveLength(2);

    for (const { Status } of tasks) {
      const container = docker.getContainer(Status.ContainerStatus?.ContainerID ?? '');
      const exec = await container.exec({ Cmd: ['cat', '/run/secrets/s'], AttachStdout: true });
      const stream = await exec.start({ hijack: true, stdin: false });
      expect(await textOf(stream)).toContain('v');
      expect((await exec.inspect()).ExitCode).toBe(0);
    }

    await service.remove();
    await swarm.untilNoTasks();
    for (const object of [secret, config, network]) await object.remove();
  }, 90_000);
});

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += Buffer.from(chunk as Buffer).toString('latin1');
  return text;
}

type Labels = Record<string, string>;

/** Debian's Prometheus, discovering at a manager. */
class Prometheus {
  private constructor(
    private readonly process: ChildProcess,
    private readonly port: number,
    private readonly folder: string,
  ) {}

  static async start(host: string): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'swarmctl-prometheus-'));
    const port = await freePort();
    const config = join(folder, 'prometheus.yml');
    writeFileSync(config, readFileSync(join(__dirname, 'prometheus.yml'), 'utf8').replaceAll('HOST', host));
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ];
    return new Prometheus(spawn('prometheus', args, { stdio: 'ignore', env: commandEnvironment() }), port, folder);
  }

  /** What is known of the targets of a job before relabelling, once there are at least `least`. */
  untilTargets(job: string, least: number): Promise<Labels[]> {
    return eventually(
      async () => {
        const reply = await fetch(`http://127.0.0.1:${this.port}/api/v1/targets?state=active`);
        const { data } = (await reply.json()) as { data: { activeTargets: { scrapePool: string; discoveredLabels: Labels }[] } };
        const labels = data.activeTargets
          .filter(({ scrapePool }) => scrapePool === job)
          .map(({ discoveredLabels }) => discoveredLabels);
        if (labels.length < least) throw new Error(`there are ${labels.length}`);
        return labels;
      },
      { reason: `Prometheus has ${least} targets of ${job}`, timeoutMs: 30_000 },
    );
  }

  async stop(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
