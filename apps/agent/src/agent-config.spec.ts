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
