import { EXIT } from './exit-codes';
import { aNode, aService } from './testing/api-objects';
import { CommandBench } from './testing/command-bench';

const bench = new CommandBench();
beforeEach(async () => {
  await bench.start();
  bench.manager.services.push(
    aService(),
    aService({ ID: 'api-id', Spec: { Name: 'api', Labels: { 'com.docker.stack.namespace': 'shop' }, TaskTemplate: {} } }),
  );
  bench.manager.nodes = [aNode()];
});
afterEach(() => bench.stop());

const candidates = async (line: string): Promise<string[]> => {
  expect(await bench.type(`__complete ${line}`)).toBe(EXIT.ok);
  return bench.session.stdout.text.split('\n').filter((word) => word !== '');
};

it.each([
  ['ser', ['service']],
  ['service ro', ['rollback']],
  ['service plan ', ['create', 'update']],
  ['service update --replic', ['--replicas', '--replicas-max-per-node']],
  ['secret ', ['create', 'inspect', 'ls', 'rm', 'update']],
  ['nothing like this ', []],
])('%s may become %j', async (line, expected) => expect(await candidates(line)).toEqual(expect.arrayContaining(expected)));

it.each([
  ['service inspect ', ['api', 'web']],
  ['service inspect w', ['web']],
  ['service rm api ', ['api', 'web']],
  ['service update --replicas 3 a', ['api']],
  ['node inspect ', ['n1']],
  ['service create ', []],
  ['stack ps ', ['shop']],
  ['stack rm sh', ['shop']],
])('%s is completed with names of objects: %j', async (line, expected) => expect(await candidates(line)).toEqual(expected));

it('without a manager there are no names, and no error', async () => {
  bench.manager.isAway = true;
  expect(await candidates('service inspect ')).toEqual([]);
  expect(bench.session.stderr.text).toBe('');
});

it.each(['bash', 'zsh'])('there is a script for %s', async (shell) => {
  expect(await bench.type(`completion ${shell}`)).toBe(EXIT.ok);
  expect(bench.session.stdout.text).toContain('swarmctl __complete');
});

it('there is none for another shell', async () => expect(await bench.type('completion fish')).toBe(EXIT.usage));
