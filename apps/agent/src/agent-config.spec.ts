import { readAgentConfig } from './agent-config';

const REQUIRED = ['--manager', '10.0.0.1:7946,10.0.0.2:7946', '--advertise-addr', '10.0.0.11'];
const read = (...flags: string[]) => readAgentConfig(['node', 'agent', ...REQUIRED, ...flags]);

it('reads the command line', () =>
  expect(
    read(
      '--data-dir',
      '/d',
      '--docker',
      'unix:///run/d.sock',
      '--hostname',
      'n1',
      '--label',
      'a=b',
      '--label',
      'c=d=e',
      '--generic-resource',
      'gpu=UUID1',
      '--generic-resource',
      'ssd=2',
      '--log-level',
      'debug',
      '--max-starts',
      '2',
      '--key-period',
      '1h30m',
      '--ingress-mode',
      'masquerade',
      '--control-plane-user',
      'etcd3',
      '--control-plane-user',
      '998',
    ),
  ).toEqual({
    dataDir: '/d',
    runtimeDir: '/run/swarmctl/agent',
    dockerSocket: '/run/d.sock',
    managers: ['10.0.0.1:7946', '10.0.0.2:7946'],
    hostname: 'n1',
    advertiseAddress: '10.0.0.11',
    labels: { a: 'b', c: 'd=e' },
    genericResources: [
      { namedResourceSpec: { kind: 'gpu', value: 'UUID1' } },
      { discreteResourceSpec: { kind: 'ssd', value: 2 } },
    ],
    logLevel: 'debug',
    statusListen: undefined,
    maxStarts: 2,
    keyPeriodMs: 5_400_000,
    ingressMode: 'masquerade',
    controlPlaneUsers: ['etcd3', '998'],
  }));

it('takes from the environment what the command line does not say', () => {
  process.env.SWARMCTL_AGENT_DATA_DIR = '/from/env';
  try {
    expect(read().dataDir).toBe('/from/env');
    expect(read('--data-dir', '/d').dataDir).toBe('/d');
  } finally {
    delete process.env.SWARMCTL_AGENT_DATA_DIR;
  }
});

it('lets no other users reach the control plane unless it is told to', () => expect(read().controlPlaneUsers).toEqual([]));

it.each([
  { flag: '--generic-resource', value: 'ssd=-1', answer: '"-1" is no count of ssd: give a whole number from 0.' },
  { flag: '--key-period', value: '1s', answer: 'Give a duration from 10s.' },
  { flag: '--key-period', value: 'soon', answer: 'duration' },
])('refuses $flag $value, and says what would make sense', ({ flag, value, answer }) => {
  const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const exit = jest.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exit');
  });
  try {
    expect(() => read(flag, value)).toThrow('exit');
    const text = String(said.mock.calls);
    expect(text).toContain(flag);
    expect(text).toContain(answer);
  } finally {
    said.mockRestore();
    exit.mockRestore();
  }
});
