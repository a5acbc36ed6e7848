import { NOUNS, PLAIN_VERBS, type Noun } from './command-map';
import { EXIT } from './exit-codes';
import { aService } from './testing/api-objects';
import { CommandBench } from './testing/command-bench';
import { newTestSession, TestScreen } from './testing/test-session';

const bench = new CommandBench();
beforeEach(() => bench.start());
afterEach(() => bench.stop());

describe('the command line', () => {
  it('shows the help that is asked for, on standard output', async () => {
    expect(await bench.type('--help')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toMatch(/Usage: swarmctl[^]*service +Manage services[^]*Exit codes:\n {2}0 +done[^]*124 /);
    expect(bench.session.stderr.text).toBe('');
  });

  const linesOf = ({ name, verbs }: Noun): string[] =>
    verbs.flatMap((verb) => ('verbs' in verb ? linesOf(verb) : [`${verb.name} --help`])).map((rest) => `${name} ${rest}`);
  const nounLines = NOUNS.flatMap(linesOf);
  const plainLines = PLAIN_VERBS.map(({ name }) => `${name} --help`);

  it.each([...nounLines, ...plainLines, 'help service create'])('%s has a description and examples', async (line) => {
    expect(await bench.type(line)).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toMatch(/^Usage: swarmctl .*\n\n[A-Z][^]*Examples:\n {2}# /);
    expect(bench.manager.requests).toEqual([]);
  });

  it('groups the flags of a command and tells their defaults and choices', async () => {
    bench.session = bench.newSession({ stdout: new TestScreen(false, 200) });
    await bench.type('service create --help');
    const help = bench.session.stdout.text;
    expect(help).toMatch(/Rolling update:\n[^]*--update-order <choice> .*: stop-first, start-first \(default: stop-first\)/);
    expect(help).toMatch(/-p, --publish <port> .*may be repeated/);
    expect(help).not.toContain('--no-init');
  });

  it.each([
    { line: 'srvice ls', says: "unknown command 'srvice'\n(Did you mean service?)" },
    { line: 'service creat x', says: "unknown command 'creat'\n(Did you mean create?)" },
    { line: 'service create --replcas 3 x', says: "unknown option '--replcas'\n(Did you mean --replicas?)" },
    { line: 'service create', says: "missing required argument 'image'" },
    { line: 'service ls extra', says: 'too many arguments' },
    { line: 'service create --limit-memory', says: "option '--limit-memory <bytes>' argument missing" },
    { line: 'service create --limit-memory 5x img', says: "argument '5x' is invalid. '5x' is not a size" },
    { line: 'service create --limit-memory 5x img', says: 'For example: --limit-memory 512m' },
    { line: 'service create --init=perhaps img', says: "'perhaps' is neither true nor false" },
    { line: 'service create --mode global --replicas 2 img', says: '--replicas does not go with --mode global' },
    { line: 'service scale web', says: "'web' is not of the form SERVICE=REPLICAS" },
    { line: 'service ls --filter web', says: "'web' is not of the form name=value" },
    { line: 'service update --rollback --force web', says: '--rollback takes no other flag' },
    { line: '--host ssh://x service ls', says: 'ssh:// is not supported' },
    { line: 'service', says: 'Usage: swarmctl service <command>' },
    { line: 'service plan', says: 'Usage: swarmctl service plan <command>' },
    { line: 'service plan creat x', says: "unknown command 'creat'\n(Did you mean create?)" },
    { line: 'service plan create --detach img', says: "unknown option '--detach'" },
    { line: 'service create --update-progress-deadline 0s img', says: 'has to be longer than 0s' },
    { line: 'service create --mode global-job --update-progress-deadline 1m img', says: 'do not go with jobs' },
    { line: 'service rollback --to 0 web', says: "'0' is not a whole number between 1 and" },
  ])('refuses "$line"', async ({ line, says }) => {
    bench.manager.services.push(aService());
    expect(await bench.type(line)).toBe(EXIT.usage);
    expect(bench.session.stderr.text).toContain(says);
    expect(bench.session.stdout.text).toBe('');
    expect(bench.manager.changes()).toEqual([]);
  });

  it('prints its version', async () => {
    expect(await bench.type('--version')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('without a manager', () => {
  beforeEach(() => {
    bench.session = newTestSession({ env: { DOCKER_HOST: 'unix:///nowhere/m.sock' } });
  });

  it('says which address was tried, why, and what to do', async () => {
    expect(await bench.type('service ls')).toBe(EXIT.unreachable);
    expect(bench.session.stderr.text).toMatch(
      /^swarmctl: cannot reach the manager at unix:\/\/\/nowhere\/m\.sock: there is no such socket\n\(address: from DOCKER_HOST\)\nIs the manager running/,
    );
  });

  it('still prints its own version', async () => {
    expect(await bench.type('version')).toBe(EXIT.unreachable);
    expect(bench.session.stdout.text).toMatch(/^Client:\n {2}Version: +\d/);
  });

  it('does not try the same for each of many', async () => {
    expect(await bench.type('service rm a b c')).toBe(EXIT.unreachable);
    expect(bench.session.stderr.text.match(/cannot reach/g)).toHaveLength(1);
  });
});
