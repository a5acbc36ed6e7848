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
    ),
  ).toEqual({
    dataDir: '/d',
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

it('refuses a generic resource that makes no sense, and says what would', () => {
  const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const exit = jest.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exit');
  });
  try {
    expect(() => read('--generic-resource', 'ssd=-1')).toThrow('exit');
    expect(String(said.mock.calls)).toMatch(/--generic-resource.*"-1" is no count of ssd: give a whole number from 0\./);
  } finally {
    said.mockRestore();
    exit.mockRestore();
  }
});
