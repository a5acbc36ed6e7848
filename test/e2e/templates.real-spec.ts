import { sleeper, SwarmUnderTest } from './swarm-under-test';

describe('templates in a spec, on three hosts', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('templates');
  }, 120_000);
  afterAll(() => swarm?.down());
  afterEach(() => swarm.removeServices(), 60_000);

  it('are expanded for each task by itself: environment, hostname, mounts', async () => {
    await swarm.createSleepers(
      'web',
      3,
      {
        ContainerSpec: {
          ...sleeper(),
          Hostname: '{{.Service.Name}}-{{.Task.Slot}}',
          Env: ['WHERE={{.Node.Hostname}}', 'WHO={{.Task.Name}}', 'TEAM={{index .Service.Labels "team"}}'],
          Mounts: [{ Type: 'volume', Source: 'data-{{.Task.Slot}}', Target: '/data' }],
        },
      },
      { Labels: { team: 'blue' } },
    );
    const tasks = await swarm.untilRunning('web', 3);
    const slotOf = new Map(tasks.map(({ ID, Slot }) => [ID, Slot]));
    for (const { Id, host, Labels } of await swarm.containers()) {
      const taskId = Labels['com.docker.swarm.task.id'] ?? '';
      const slot = slotOf.get(taskId);
      const { Config, Mounts } = await swarm.lab
        .host(host)
        .docker.json<{ Config: { Hostname: string; Env: string[] }; Mounts: { Name: string }[] }>({
          path: `/containers/${Id}/json`,
        });
      expect(Config.Hostname).toBe(`web-${slot}`);
      expect(Config.Env).toEqual(expect.arrayContaining([`WHERE=${host}`, `WHO=web.${slot}.${taskId}`, 'TEAM=blue']));
      expect(Mounts.map(({ Name }) => Name)).toEqual([`data-${slot}`]);
    }
  }, 60_000);

  it('that name a field that there is not are refused at once', async () => {
    const body = { Name: 'bad', TaskTemplate: { ContainerSpec: { ...sleeper(), Env: ['A={{.Node.Nme}}'] } } };
    const reply = await swarm.send('POST', '/services/create', body);
    expect(reply.status).toBe(400);
    expect(reply.text).toContain('.Node.Nme');
    expect((await swarm.send('GET', '/services/bad')).status).toBe(404);
  }, 30_000);
});
