import { sleeper, DOCKER_CLIS, SwarmUnderTest } from '../e2e/swarm-under-test';
import type { CommandOutput } from '../lab/run-command';

const PORT = 2375;
/** Debian's, whose package the client may be, and another that may have it. */
const PYTHONS = ['/usr/bin/python3', '/usr/local/bin/python3'];

const PYTHON_CLIENT = `
import sys, docker
client = docker.DockerClient(base_url=sys.argv[1])
secret = client.secrets.create(name='py', data=b'x')
secret.remove()
service = client.services.create('busybox:latest', name='py', command=['sleep', '1000'])
service.remove()
container = client.containers.get(sys.argv[2])
print(container.exec_run(['echo', 'hello'])[1].decode().strip())
socket = container.exec_run(['cat'], stdin=True, socket=True)[1]._sock
socket.sendall(b'typed')
data = b''
while len(data) < 13: data += socket.recv(100)
print(data[8:].decode())
`;

const NODE_CLIENT = `
const Docker = require('dockerode');
const docker = new Docker({ host: process.argv[1], port: ${PORT} });
(async () => {
  await (await docker.createSecret({ Name: 'js', Data: 'eA==' })).remove();
  const exec = await docker.getContainer(process.argv[2]).exec({ Cmd: ['cat'], AttachStdin: true, AttachStdout: true });
  const stream = await exec.start({ hijack: true, stdin: true });
  let text = '';
  stream.on('data', (chunk) => (text += chunk.subarray(8)));
  stream.on('end', () => console.log(text));
  stream.end('typed');
})();
`;

describe('promise 13: Docker’s clients work over TCP as before', () => {
  let swarm: SwarmUnderTest;
  let address: string;
  let container: string;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('callers', ['n1'], {
      extraArgs: { manager: ['--listen', `tcp://0.0.0.0:${PORT}`, '--allowed-host', 'swarm.example.com'] },
    });
    address = swarm.lab.host('n1').address;
    await swarm.createSleepers('web', 1, { ContainerSpec: { ...sleeper(), OpenStdin: true } });
    const [task] = await swarm.untilRunning('web', 1);
    container = task?.Status.ContainerStatus?.ContainerID ?? '';
  }, 120_000);
  afterAll(() => swarm?.down());

  const onHost = (command: string, args: string[], input?: string): Promise<CommandOutput> =>
    swarm.lab.host('n1').exec(command, args, { input, timeoutMs: 50_000 });

  it.each(DOCKER_CLIS)(
    '%s',
    async (cli) => {
      for (const host of [`${address}:${PORT}`, `127.0.0.1:${PORT}`, `localhost:${PORT}`]) {
        const docker = async (input: string | undefined, ...args: string[]): Promise<string> =>
          (await onHost(cli, ['-H', `tcp://${host}`, ...args], input)).stdout.trim();
        await docker('x', 'secret', 'create', 's', '-');
        await docker(undefined, 'secret', 'rm', 's');
        await docker(undefined, 'service', 'create', '--detach', '--name', 'more', 'busybox:latest', 'sleep', '1000');
        await docker(undefined, 'service', 'rm', 'more');
        expect(await docker('typed', 'exec', '-i', container, 'cat')).toBe('typed');
        expect(await docker(undefined, 'run', '--rm', 'busybox', 'echo', 'hello')).toBe('hello');
        expect(await docker('hello\n', 'cp', '-', `${container}:/tmp`).catch(() => 'no tar')).toBe('no tar');
      }
    },
    60_000,
  );

  it('docker-py', async () => {
    const having = await Promise.allSettled(PYTHONS.map((python) => onHost(python, ['-c', 'import docker'])));
    const python = PYTHONS.find((_, index) => having[index]?.status === 'fulfilled') ?? 'python3';
    const { stdout } = await onHost(python, ['-c', PYTHON_CLIENT, `tcp://${address}:${PORT}`, container]);
    expect(stdout).toBe('hello\ntyped\n');
  }, 60_000);

  it('dockerode', async () => {
    const { stdout } = await onHost(process.execPath, ['-e', NODE_CLIENT, address, container]);
    expect(stdout).toBe('typed\n');
  }, 60_000);

  it.each([
    ['Host: evil.example.com', 403],
    ['Host: swarm.example.com', 200],
    ['Origin: http://evil.example.com', 403],
  ])(
    'a request with %s is answered with %i',
    async (header, status) => {
      const args = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', header, `http://${address}:${PORT}/secrets`];
      expect((await onHost('curl', args)).stdout).toBe(String(status));
    },
    20_000,
  );
});
