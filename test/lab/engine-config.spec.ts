import { containerdConfig, dockerdConfig, dockerdEnvironment, engineFiles } from './engine-config';

const settings = {
  runDir: '/run/swarmctl-lab/1/n1',
  dataDir: '/data/n1',
  cgroupParent: '/swl1/n1',
  bridgeAddress: '172.17.11.1/24',
};

function daemon(overrides: Partial<Parameters<typeof dockerdConfig>[0]> = {}): Record<string, unknown> {
  return JSON.parse(dockerdConfig({ ...settings, ...overrides })) as Record<string, unknown>;
}

it('has containerd listen where dockerd looks for it', () => {
  expect(containerdConfig(settings)).toContain(`address = "${engineFiles(settings).containerdSocket}"`);
  expect(daemon().containerd).toBe(engineFiles(settings).containerdSocket);
});

it("lets containers outlive dockerd, below the lab's own cgroup", () => {
  expect(daemon()).toMatchObject({ 'live-restore': true, 'cgroup-parent': '/swl1/n1' });
});

it('gives dockerd either an address for its bridge or a bridge, which it refuses together', () => {
  expect(daemon()).toMatchObject({ bip: '172.17.11.1/24' });
  expect(daemon()).not.toHaveProperty('bridge');
  expect(daemon({ bridge: 'swl1br0' })).not.toHaveProperty('bip');
});

it('takes further settings, which win', () =>
  expect(JSON.parse(dockerdConfig(settings, { labels: ['zone=a'], ip6tables: true }))).toMatchObject({
    labels: ['zone=a'],
    ip6tables: true,
    'live-restore': true,
  }));

it('makes an engine for swarm mode one that accepts it, and that starts what it has an image for', () => {
  expect(daemon({ swarmMode: true })).toMatchObject({ 'live-restore': false });
  expect(dockerdEnvironment({ ...settings, swarmMode: true })).toEqual({ DOCKER_SERVICE_PREFER_OFFLINE_IMAGE: '1' });
  expect(dockerdEnvironment(settings)).toEqual({});
});
