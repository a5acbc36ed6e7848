import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { DOCKER_CLIS, UNLOCK_KEY } from '../e2e/swarm-under-test';
import { LabCluster } from '../lab/cluster';
import { Lab } from '../lab/lab';
import { CommandError, commandEnvironment, runCommand } from '../lab/run-command';
import { testRootCa } from '../../apps/manager/src/membership/testing/root-ca';
import { GOLDEN_GROUPS, type GoldenCommand } from './golden-commands';

/** Where the same commands are run: a manager of ours, or an engine in Docker's own swarm mode. */
interface Side {
  readonly host: string;
  readonly address: string;
  readonly hostname: string;
  /** Starts it anew, and waits until it answers. */
  restart(): Promise<void>;
  /** The key that was printed last. */
  unlockKey: string;
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
  let certificates: Certificates;
  beforeAll(async () => {
    lab = await Lab.up({ name: 'golden', hosts: ['n1', 's1'], swarmMode: true });
    const cluster = await LabCluster.create(lab, { hosts: ['n1'], extraArgs: { manager: ['--no-auto-init'] } });
    for (const { part, host } of cluster.parts()) cluster.start(part, host);
    const [n1, s1] = [lab.host('n1'), lab.host('s1')];
    const isServing = async (): Promise<boolean> => (await cluster.api.send({ path: '/_ping' })).status === 200;
    ours = {
      ...{ host: `unix://${cluster.managerSocket}`, address: n1.address, hostname: 'n1', unlockKey: '' },
      restart: async () => {
        await cluster.stop('manager');
        cluster.start('manager');
        await eventually(isServing, { reason: 'the manager serves again' });
      },
    };
    stock = {
      ...{ host: `unix://${s1.dockerSocket}`, address: s1.address, hostname: hostname(), unlockKey: '' },
      restart: async () => {
        await s1.stopEngine();
        await s1.startEngine();
      },
    };
    certificates = await writeCertificates(lab.root);
    await eventually(async () => (await cluster.api.send({ path: '/readyz' })).status === 200, { reason: 'the manager serves' });
  }, 120_000);
  afterAll(() => lab?.down());

  it.each(GOLDEN_GROUPS)(
    '$group',
    async ({ commands }) => {
      const differences: string[] = [];
      for (const command of commands) {
        const filledIn = { ...command, args: command.args.map((word) => certificates[word] ?? word) };
        const [theirs, mine] = [await outcomeOf(cli, filledIn, stock), await outcomeOf(cli, filledIn, ours)];
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

/** Paths of files, by the words that stand for them. */
type Certificates = Readonly<Record<string, string>>;

async function writeCertificates(folder: string): Promise<Certificates> {
  const [{ certificate, key }, other] = [await testRootCa(), await testRootCa()];
  const texts = { 'CA-CERT': certificate, 'CA-KEY': key, 'OTHER-KEY': other.key };
  for (const [word, text] of Object.entries(texts)) await writeFile(join(folder, word), text);
  return Object.fromEntries(Object.keys(texts).map((word) => [word, join(folder, word)]));
}

async function outcomeOf(cli: string, command: GoldenCommand, side: Side): Promise<Outcome> {
  if (command.isAfterRestart) await side.restart();
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
  const options = {
    input: input?.replace('UNLOCK-KEY', side.unlockKey),
    timeoutMs: 30_000,
    env: commandEnvironment({ COLUMNS: '200' }),
  };
  try {
    const { stdout, stderr } = await runCommand(cli, ['-H', side.host, ...words], options);
    side.unlockKey = UNLOCK_KEY.exec(stdout)?.[0] ?? side.unlockKey;
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
    .replace(UNLOCK_KEY, 'UNLOCK-KEY')
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
