import { hostname } from 'node:os';
import { eventually } from '#common/testing';
import { DOCKER_CLIS } from '../e2e/swarm-under-test';
import { LabCluster } from '../lab/cluster';
import { Lab } from '../lab/lab';
import { CommandError, commandEnvironment, runCommand } from '../lab/run-command';
import { GOLDEN_GROUPS, type GoldenCommand } from './golden-commands';

/** Where the same commands are run: a manager of ours, or an engine in Docker's own swarm mode. */
interface Side {
  readonly host: string;
  readonly address: string;
  readonly hostname: string;
}

/** What a command printed and how it ended, without what differs from run to run. */
interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe.each(DOCKER_CLIS)('%s shows the same with a manager as with Docker’s own swarm mode', (cli) => {
  let lab: Lab;
  let ours: Side;
  let stock: Side;
  beforeAll(async () => {
    lab = await Lab.up({ name: 'golden', hosts: ['n1', 's1'], swarmMode: true });
    const cluster = LabCluster.create(lab, { hosts: ['n1'], extraArgs: { manager: ['--no-auto-init'] } });
    for (const { part, host } of cluster.parts()) cluster.start(part, host);
    ours = { host: `unix://${cluster.managerSocket}`, address: lab.host('n1').address, hostname: 'n1' };
    stock = { host: `unix://${lab.host('s1').dockerSocket}`, address: lab.host('s1').address, hostname: hostname() };
    await eventually(async () => (await cluster.api.send({ path: '/readyz' })).status === 200, { reason: 'the manager serves' });
  }, 120_000);
  afterAll(() => lab?.down());

  it.each(GOLDEN_GROUPS)(
    '$group',
    async ({ commands }) => {
      const differences: string[] = [];
      for (const command of commands) {
        const [theirs, mine] = [await outcomeOf(cli, command, stock), await outcomeOf(cli, command, ours)];
        if (JSON.stringify(theirs) !== JSON.stringify(mine)) {
          differences.push(
            `docker ${command.args.join(' ')}\n  stock ${JSON.stringify(theirs)}\n  ours  ${JSON.stringify(mine)}`,
          );
        }
      }
      expect(differences.join('\n\n')).toBe('');
    },
    120_000,
  );
});

const sortedLines = (text: string): string => text.split('\n').sort().join('\n');

async function outcomeOf(cli: string, command: GoldenCommand, side: Side): Promise<Outcome> {
  if (command.isUnordered) {
    const outcome = await run(cli, command, side);
    return { ...outcome, stdout: sortedLines(outcome.stdout), stderr: sortedLines(outcome.stderr) };
  }
  if (!command.until) return run(cli, command, side);
  const until = command.until;
  return eventually(
    async () => {
      const outcome = await run(cli, command, side);
      if (!until.test(outcome.stdout)) throw new Error(JSON.stringify(outcome));
      return outcome;
    },
    { reason: `docker ${command.args.join(' ')} prints ${until}`, timeoutMs: 60_000 },
  );
}

async function run(cli: string, { args, input }: GoldenCommand, side: Side): Promise<Outcome> {
  const words = args.map((word) => word.replace('ADDRESS', side.address).replace('NODE', side.hostname));
  const options = { input, timeoutMs: 30_000, env: commandEnvironment({ COLUMNS: '200' }) };
  try {
    const { stdout, stderr } = await runCommand(cli, ['-H', side.host, ...words], options);
    return { exitCode: 0, stdout: normalized(stdout, side), stderr: normalized(stderr, side) };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { stdout, stderr } = error.output;
    return { exitCode: error.exitCode ?? -1, stdout: normalized(stdout, side), stderr: normalized(stderr, side) };
  }
}

/** Without ids, times, addresses, tokens, certificates and the widths that come of them. */
function normalized(text: string, { hostname: name, address }: Side): string {
  return text
    .replace(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g, 'PEM')
    .replace(/SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}/g, 'TOKEN')
    .replaceAll(address, 'ADDRESS')
    .replace(/ADDRESS:\d+/g, 'ADDRESS')
    .replaceAll(new RegExp(`\\b${name}\\b`, 'g'), 'HOST')
    .replace(/\b[0-9a-z]{25}\b/g, 'ID')
    .replace(/^[0-9a-z]{12}\b/gm, 'ID')
    .replace(/\b(?=[0-9a-z]*\d)[0-9a-z]{12}\b/g, 'ID')
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(?:Z| \+0000 utc)?/gi, 'TIME')
    .replace(/(?:Less than a second|About an? \w+|\d+ \w+) ago/gi, 'AGO')
    .replace(/"Index": ?\d+/g, '"Index": N')
    .replace(/ {2,}/g, '  ')
    .replace(/[ \t]+$/gm, '');
}
