import { eventually } from '#common/testing';
import { runCommand, type CommandOutput } from '../lab/run-command';
import { SwarmUnderTest, type SpecJson, type TaskJson } from './swarm-under-test';
import { webService } from './web-service';

const HOSTS = ['n1', 'n2', 'n3'];
/** Answers every question for an address with 192.0.2.9. */
const NAMESERVER = `
const { decode, encode } = require(${JSON.stringify(require.resolve('dns-packet'))});
const server = require('dgram').createSocket('udp4');
server.on('message', (message, from) => {
  const { id, questions } = decode(message);
  const answers = [{ type: 'A', name: questions[0].name, ttl: 1, data: '192.0.2.9' }];
  server.send(encode({ type: 'response', id, questions, answers }), from.port, from.address);
}).bind(53, process.argv[1]);`;
/** Connects to one address after the other from the same port, and prints a dot for each that answers within a second. */
const CALLS_FROM_ONE_PORT = `
const call = (host) => new Promise((resolve, reject) => {
  const socket = require('net').connect({ host, port: 80, localPort: 20123 }, () => {
    socket.once('close', resolve).resetAndDestroy();
    process.stdout.write('.');
  });
  socket.once('error', reject).setTimeout(1000, () => reject(new Error(host + ' does not answer')));
});
(async () => { for (const host of process.argv.slice(1)) await call(host); })().catch((error) => {
  process.stderr.write(String(error));
  process.exit(1);
});`;

describe('names on an overlay network', () => {
  let swarm: SwarmUnderTest;
  let back: string;
  /** One task of the service `asker` on each host: from there the names are looked up. */
  let askers: TaskJson[];
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('names', HOSTS);
    back = await swarm.createNetwork('back');
    await swarm.createNetwork('other');
    const pinned = (host: string): object => ({ Constraints: [`node.hostname==${host}`] });
    await swarm.create({ ...webService({ name: 'asker', networks: ['back'] }), Mode: { Global: {} } });
    await swarm.create(webService({ name: 'web', replicas: 3, networks: ['back'], aliases: ['front'] }));
    await swarm.create(webService({ name: 'store', replicas: 2, networks: ['back'], endpointMode: 'dnsrr' }));
    await swarm.create(webService({ name: 'hidden', networks: ['other'], placement: pinned('n1') }));
    for (const [name, count] of [['asker', 3] as const, ['web', 3] as const, ['store', 2] as const, ['hidden', 1] as const])
      await swarm.untilRunning(name, count, 60_000);
    askers = await swarm.running('asker');
  }, 240_000);
  afterAll(() => swarm?.down());

  const addressesOf = async (service: string): Promise<string[]> =>
    (await swarm.running(service)).flatMap((task) => addressOn(task, back)).sort();
  const virtualAddress = async (service: string): Promise<string> =>
    (await swarm.service(service)).Endpoint?.VirtualIPs?.find(({ NetworkID }) => NetworkID === back)?.Addr.split('/')[0] ?? '';
  const lookUp = async (asker: TaskJson, name: string): Promise<string[]> => {
    const output = await swarm.inTask(asker, 'sh', '-c', `nslookup -type=a ${name} || true`);
    return [...output.matchAll(/^Address(?: \d+)?:\s+([0-9.]+)$/gm)].map(([, address = '']) => address).sort();
  };
  const everywhere = async (name: string, expected: string[]): Promise<void> => {
    for (const asker of askers)
      await eventually(async () => expect(await lookUp(asker, name)).toEqual(expected), {
        reason: `${name} is known on the host of ${asker.ID}`,
        timeoutMs: 10_000,
      });
  };

  it('a service and its alias lead to its virtual address, and that to its tasks', async () => {
    const address = await virtualAddress('web');
    expect(address).toMatch(/^10\./);
    await everywhere('web', [address]);
    await everywhere('front', [address]);
    for (const asker of askers) {
      const seen = new Set<string>();
      await eventually(
        async () => {
          seen.add((await swarm.inTask(asker, 'wget', '-q', '-O', '-', 'http://web/')).trim());
          return seen.size === 3;
        },
        { reason: 'all three tasks answer', timeoutMs: 10_000 },
      );
    }
  }, 90_000);

  it('connections from one port, to a virtual address and to the task itself, are not mixed up', async () => {
    const [asker] = askers as [TaskJson];
    const elsewhere = (await swarm.running('web')).find(({ NodeID }) => NodeID !== asker.NodeID);
    await swarm.create(
      webService({ name: 'single', networks: ['back'], placement: { Constraints: [`node.id==${elsewhere?.NodeID}`] } }),
    );
    await swarm.untilRunning('single', 1, 30_000);
    const [direct = ''] = await addressesOf('single');
    const virtual = await virtualAddress('single');
    const { host, id } = await swarm.containerOf(asker);
    const { State } = await host.docker.json<{ State: { Pid: number } }>({ path: `/containers/${id}/json` });
    const call = (...addresses: string[]): Promise<CommandOutput> =>
      runCommand(
        'nsenter',
        [`--net=/proc/${State.Pid}/ns/net`, '--', process.execPath, '-e', CALLS_FROM_ONE_PORT, ...addresses],
        {
          timeoutMs: 10_000,
        },
      );
    await eventually(() => call(virtual), { reason: 'the virtual address is known' });
    expect((await call(direct, virtual, direct, virtual, virtual, direct)).stdout).toBe('......');
    await swarm.send('DELETE', '/services/single');
  }, 60_000);

  it('a task that calls its own service may be given itself, and answers', async () => {
    for (const task of await swarm.running('web')) {
      const seen = new Set<string>();
      await eventually(
        async () => {
          seen.add((await swarm.inTask(task, 'wget', '-q', '-O', '-', 'http://web/')).trim());
          return seen.size === 3;
        },
        { reason: `${task.ID} reaches all three tasks, itself among them`, timeoutMs: 10_000 },
      );
    }
  }, 60_000);

  it('a service that prefers it is called on the own node', async () => {
    const near = webService({ name: 'near', networks: ['back'], labels: { 'swarmctl.prefer-local': 'true' } });
    await swarm.create({ ...near, Mode: { Global: {} } });
    const tasks = await swarm.untilRunning('near', 3, 60_000);
    for (const asker of askers) {
      const own = tasks.find(({ NodeID }) => NodeID === asker.NodeID);
      const called = async (): Promise<string[]> => {
        const calls = Array.from({ length: 6 }, () => swarm.inTask(asker, 'wget', '-q', '-O', '-', 'http://near/'));
        return [...new Set((await Promise.all(calls)).map((answer) => answer.trim().split('.').at(-1) ?? ''))];
      };
      await eventually(async () => expect(await called()).toEqual([own?.ID]), {
        reason: `${asker.ID} calls the task beside it`,
        timeoutMs: 10_000,
      });
    }
    await swarm.send('DELETE', '/services/near');
  }, 90_000);

  it('tasks.<service>, <slot>.<service> and a service without a virtual address lead to the tasks themselves', async () => {
    await everywhere('tasks.web', await addressesOf('web'));
    const second = (await swarm.running('web')).find(({ Slot }) => Slot === 2);
    await everywhere('2.web', second ? addressOn(second, back) : []);
    await everywhere('store', await addressesOf('store'));
  }, 60_000);

  it('names of a network that the caller is not on do not exist for it', async () => {
    for (const name of ['hidden', 'tasks.hidden', '1.hidden']) await everywhere(name, []);
  }, 60_000);

  it('names that are none of ours are asked of the name servers that the service has', async () => {
    const n3 = swarm.lab.host('n3');
    const nameserver = n3.spawn({ part: 'nameserver', command: process.execPath, args: ['-e', NAMESERVER, n3.address] });
    const service = webService({ name: 'picky', networks: ['back'] }) as SpecJson;
    const ContainerSpec = { ...service.TaskTemplate.ContainerSpec, DNSConfig: { Nameservers: [n3.address] } };
    await swarm.create({ ...service, TaskTemplate: { ...service.TaskTemplate, ContainerSpec } });
    const [picky] = await swarm.untilRunning('picky', 1, 30_000);
    expect(await lookUp(picky as TaskJson, 'elsewhere.test')).toEqual(['192.0.2.9']);
    expect(await lookUp(picky as TaskJson, 'web')).toEqual([await virtualAddress('web')]);
    await nameserver.kill();
    await swarm.send('DELETE', '/services/picky');
  }, 60_000);

  it('a task that has moved is found at its new place', async () => {
    const [moving] = await swarm.running('web');
    const { host } = await swarm.containerOf(moving as TaskJson);
    await swarm.updateNode(host.name, { Availability: 'drain' });
    await eventually(async () => expect(await swarm.perHost('web')).toMatchObject({ [host.name]: 0 }), {
      reason: 'the task is elsewhere',
      timeoutMs: 30_000,
    });
    await swarm.untilRunning('web', 3, 30_000);
    const addresses = await addressesOf('web');
    askers = await swarm.running('asker');
    await everywhere('tasks.web', addresses);
    await swarm.updateNode(host.name, { Availability: 'active' });
    askers = await swarm.untilRunning('asker', 3, 30_000);
    await everywhere('tasks.web', addresses);
  }, 150_000);

  it('names are served after the agents were restarted, while all managers are away, and when both is the case', async () => {
    const [address, addresses] = [await virtualAddress('web'), await addressesOf('web')];
    const known = async (): Promise<void> => {
      await everywhere('web', [address]);
      await everywhere('tasks.web', addresses);
      for (const asker of askers) expect(await swarm.inTask(asker, 'wget', '-q', '-O', '-', 'http://web/')).toContain('web.');
    };
    const restart = async (host: string): Promise<void> => {
      await swarm.cluster.kill('agent', host);
      swarm.cluster.start('agent', host);
    };
    await restart('n2');
    await swarm.cluster.ready();
    await known();
    await swarm.cluster.kill('manager');
    await known();
    await restart('n2');
    await restart('n3');
    await known();
    swarm.cluster.start('manager');
    await swarm.cluster.ready();
    await known();
  }, 150_000);
});

function addressOn(task: TaskJson, networkId: string): string[] {
  const attachment = (task.NetworksAttachments ?? []).find(({ Network }) => Network.ID === networkId);
  return (attachment?.Addresses ?? []).map((address) => address.split('/')[0] ?? '');
}
