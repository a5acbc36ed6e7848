import { TaskState } from '#common/domain';
import { ApiScenario, filters, NODE_ID, OTHER_NODE_ID, spec } from '../testing/api-scenario';

let scenario: ApiScenario;
beforeEach(async () => {
  scenario = await ApiScenario.start();
});
afterEach(() => scenario.stop());

const overlay = (name: string, fields: object = {}): object => ({ Name: name, Driver: 'overlay', ...fields });
const withSubnet = (config: object): object => ({ IPAM: { Config: [config] } });
const create = async (name: string, fields: object = {}): Promise<string> => {
  const { json } = await scenario.post('/networks/create', overlay(name, fields));
  return (json as { Id: string }).Id;
};
const onNetwork = (target: string, fields: object = {}): object => ({
  TaskTemplate: { ContainerSpec: { Image: 'busybox' }, Networks: [{ Target: target }] },
  ...fields,
});
const publish = (PublishedPort: number): object => ({ EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort }] } });

describe('a network', () => {
  it('is created with a subnet of its own, and shown as Docker shows it', async () => {
    const id = await create('back', { Attachable: true, Labels: { a: 'b' }, Options: { x: 'y' } });
    expect((await scenario.get('/networks/back')).json).toMatchObject({
      Id: id,
      Name: 'back',
      Scope: 'swarm',
      Driver: 'overlay',
      Attachable: true,
      Ingress: false,
      IPAM: { Driver: 'default', Config: [{ Subnet: '10.0.0.0/20', Gateway: '10.0.0.1' }] },
      Labels: { a: 'b' },
      Options: { x: 'y' },
    });
    await create('other');
    expect((await scenario.get('/networks/other')).json).toMatchObject({ IPAM: { Config: [{ Subnet: '10.0.16.0/20' }] } });
  });

  it('has what is asked for', async () => {
    await create('back', withSubnet({ Subnet: '192.168.7.0/24', Gateway: '192.168.7.9', IPRange: '192.168.7.128/25' }));
    expect((await scenario.get('/networks/back')).json).toMatchObject({
      IPAM: { Config: [{ Subnet: '192.168.7.0/24', Gateway: '192.168.7.9', IPRange: '192.168.7.128/25' }] },
    });
  });

  it('has IPv6 beside IPv4 when asked, with a subnet of its own or the one that is named', async () => {
    await create('both', { EnableIPv6: true });
    expect((await scenario.get('/networks/both')).json).toMatchObject({
      EnableIPv6: true,
      IPAM: {
        Config: [
          { Subnet: '10.0.0.0/20', Gateway: '10.0.0.1' },
          { Subnet: 'fd73:7761:726d::/64', Gateway: 'fd73:7761:726d::1' },
        ],
      },
    });
    await create('named', { EnableIPv6: true, ...withSubnet({ Subnet: 'fd00:1::/64' }) });
    expect((await scenario.get('/networks/named')).json).toMatchObject({
      IPAM: { Config: [{ Subnet: '10.0.16.0/20' }, { Subnet: 'fd00:1::/64', Gateway: 'fd00:1::1' }] },
    });
  });

  it('is encrypted only when there is a node that can do that', async () => {
    const encrypted = overlay('back', { Options: { encrypted: '' } });
    await scenario.addNode(NODE_ID, { hostname: 'one', networking: { encryptionProblem: 'there is no wg' } });
    expect(await scenario.post('/networks/create', encrypted)).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining('no node can encrypt (one: there is no wg)') },
    });
    await scenario.addNode(OTHER_NODE_ID, { hostname: 'two', networking: { wireguardKey: 'KEY' } });
    expect((await scenario.post('/networks/create', encrypted)).status).toBe(201);
    expect((await scenario.get('/networks/back')).json).toMatchObject({ Options: { encrypted: '' } });
  });

  it('keeps away from the addresses of nodes', async () => {
    await scenario.addNode(NODE_ID, { hostname: 'one' });
    await create('back');
    expect((await scenario.get('/networks/back')).json).toMatchObject({ IPAM: { Config: [{ Subnet: '10.0.16.0/20' }] } });
    expect(await scenario.post('/networks/create', overlay('x', withSubnet({ Subnet: '10.0.0.0/24' })))).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining('10.0.0.1, the address of a node') },
    });
  });

  it.each<{ why: string; body: object; status: number; text: string }>([
    { why: 'no name', body: { Driver: 'overlay' }, status: 400, text: 'network name cannot be blank' },
    { why: 'a bad name', body: overlay('a b'), status: 400, text: 'invalid network name: a b' },
    {
      why: 'a name of Docker',
      body: overlay('host'),
      status: 403,
      text: 'operation is not permitted on predefined host network',
    },
    { why: 'a name that is taken', body: overlay('taken'), status: 409, text: 'network with name taken already exists' },
    { why: 'another driver', body: { Name: 'x', Driver: 'bridge' }, status: 501, text: 'networks of driver "bridge"' },
    {
      why: 'two subnets of IPv4',
      body: overlay('x', { IPAM: { Config: [{ Subnet: '10.8.0.0/24' }, { Subnet: '10.9.0.0/24' }] } }),
      status: 501,
      text: 'several subnets of IPv4, or of IPv6, in a network',
    },
    {
      why: 'a subnet of IPv6 without IPv6',
      body: overlay('x', withSubnet({ Subnet: 'fd00:1::/64' })),
      status: 400,
      text: 'invalid subnet fd00:1::/64: the network is without IPv6; set EnableIPv6 (--ipv6)',
    },
    { why: 'no subnet at all', body: overlay('x', withSubnet({ Subnet: '10.9' })), status: 400, text: 'invalid subnet 10.9' },
    {
      why: 'a gateway from elsewhere',
      body: overlay('x', withSubnet({ Subnet: '10.9.0.0/24', Gateway: '10.8.0.1' })),
      status: 400,
      text: 'invalid gateway address 10.8.0.1',
    },
    {
      why: 'a range from elsewhere',
      body: overlay('x', withSubnet({ Subnet: '10.9.0.0/24', IPRange: '10.8.0.0/25' })),
      status: 400,
      text: 'invalid ip-range 10.8.0.0/25',
    },
    {
      why: 'addresses that another network has',
      body: overlay('x', withSubnet({ Subnet: '172.30.1.0/24' })),
      status: 403,
      text: 'Pool overlaps with other one on this address space',
    },
  ])('is refused for $why', async ({ body, status, text }) => {
    await create('taken', withSubnet({ Subnet: '172.30.0.0/16' }));
    expect(await scenario.post('/networks/create', body)).toMatchObject({
      status,
      json: { message: expect.stringContaining(text) },
    });
    expect(scenario.store.view.networks()).toHaveLength(1);
  });

  it.each([
    { filter: { name: ['bac'] }, found: ['back'] },
    { filter: { driver: ['overlay'] }, found: ['back', 'free'] },
    { filter: { label: ['a=b'] }, found: ['back'] },
    { filter: { type: ['builtin'] }, found: ['bridge', 'host', 'none'] },
    { filter: { dangling: ['true'] }, found: ['free'] },
    { filter: { scope: ['local'] }, found: [] },
  ])('is listed by $filter', async ({ filter, found }) => {
    await create('back', { Labels: { a: 'b' } });
    await create('free');
    await scenario.createService('web', onNetwork('back'));
    const { json } = await scenario.get(`/networks?${filters(filter)}`);
    expect((json as { Name: string }[]).map(({ Name }) => Name).sort()).toEqual(found);
  });

  it('is removed only when no service uses it, and at once after the last one', async () => {
    const id = await create('back');
    const service = await scenario.createService('web', onNetwork('back'));
    await scenario.addTask('task00000000000000000000a', service, { state: TaskState.running });
    expect(await scenario.delete('/networks/back')).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining(`network ${id} is in use by service ${service}`) },
    });
    await scenario.delete('/services/web');
    expect((await scenario.delete('/networks/back')).status).toBe(204);
    expect((await scenario.get('/networks/back')).status).toBe(404);
    expect((await scenario.delete('/networks/back')).status).toBe(404);
    expect((await scenario.delete('/networks/host')).status).toBe(403);
  });

  it('shows who is on it, when asked', async () => {
    await create('back');
    await scenario.createService('web', onNetwork('back'));
    expect((await scenario.get('/networks/back?verbose=true')).json).toMatchObject({ Name: 'back', Services: {} });
  });
});

describe('a service on networks', () => {
  it('names them as it likes, and has their ids', async () => {
    const id = await create('back');
    await scenario.createService('web', onNetwork('back'));
    expect((await scenario.inspectService('web')).Spec).toMatchObject({ TaskTemplate: { Networks: [{ Target: id }] } });
  });

  it('may name them in the old place', async () => {
    const id = await create('back');
    await scenario.createService('web', { Networks: [{ Target: 'back' }] });
    expect((await scenario.inspectService('web')).Spec).toMatchObject({
      TaskTemplate: { Networks: [{ Target: id }] },
    });
  });

  it('is refused for one that is not there', async () => {
    expect(await scenario.post('/services/create', spec('web', onNetwork('nope')))).toMatchObject({
      status: 404,
      json: { message: 'network nope not found' },
    });
  });
});

describe('a published port', () => {
  const portsOf = async (name: string): Promise<number[]> => {
    const { Endpoint } = (await scenario.inspectService(name)) as unknown as { Endpoint: { Ports: { PublishedPort: number }[] } };
    return Endpoint.Ports.map(({ PublishedPort }) => PublishedPort);
  };

  it('is chosen when none is named, another one for each service, and stays', async () => {
    await scenario.createService('one', publish(0));
    await scenario.createService('two', publish(0));
    expect([await portsOf('one'), await portsOf('two')]).toEqual([[30_000], [30_001]]);
    await scenario.delete('/services/one');
    await scenario.updateService('two', spec('two', { ...publish(0), Labels: { a: 'b' } }));
    expect(await portsOf('two')).toEqual([30_001]);
  });

  it('belongs to one service, until it is gone', async () => {
    await scenario.createService('one', publish(8080));
    expect(await scenario.post('/services/create', spec('two', publish(8080)))).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining("port '8080' is already in use by service 'one'") },
    });
    await scenario.delete('/services/one');
    expect((await scenario.post('/services/create', spec('two', publish(8080)))).status).toBe(201);
  });

  it('that was chosen for one cannot be named by another', async () => {
    await scenario.createService('one', publish(0));
    expect((await scenario.post('/services/create', spec('two', publish(30_000)))).status).toBe(400);
  });
});

it.each(['connect', 'disconnect'])('%s wants an object that names a container', async (verb) => {
  await create('lan', { Attachable: true });
  for (const body of [[], 5]) {
    expect(await scenario.post(`/networks/lan/${verb}`, body)).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining('it has to name the container') },
    });
  }
});
