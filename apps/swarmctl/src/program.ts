import { CommanderError, Option } from 'commander';
import { createRequire } from 'node:module';
import { chooseAddress, DEFAULT_SOCKET, type AddressFlags, type ManagerAddress } from './address';
import { CliCommand } from './cli-command';
import { NOUNS, PLAIN_VERBS, type Noun, type Verb } from './command-map';
import { COMPLETE, complete } from './completion';
import type { Perform, Tools } from './commands/command';
import type * as Names from './names-for-completion';
import { reportError } from './commands/report-error';
import type * as Connect from './connect';
import { EXIT, EXIT_MEANINGS, type ExitCode } from './exit-codes';
import { hasColors } from './render/colors';
import type { Session } from './session';
import { VERSION } from '#common/version';

const DESCRIPTION = [
  'Swarm mode for plain Docker hosts: services that run as many tasks as you want, on whichever hosts have room.',
  'swarmctl talks to a manager, which speaks the swarm part of the Docker Engine API; flags are those of the docker command.',
];

function exitCodeHelp(): string {
  const lines = Object.entries(EXIT).map(
    ([name, code]) => `  ${String(code).padEnd(5)}${EXIT_MEANINGS[name as keyof typeof EXIT]}`,
  );
  return ['', 'Exit codes:', ...lines].join('\n');
}

const HOST_HELP = `
Finding the manager:
  --host, else --context, else SWARMCTL_HOST, else DOCKER_HOST, else SWARMCTL_CONTEXT, else the context in use,
  else unix://${DEFAULT_SOCKET}.
  An address is unix:///path/to/socket, tcp://host:port or http://host:port.`;

const EXAMPLES = `
Examples:
  # run six tasks and wait until they do
  swarmctl service create --name web --replicas 6 busybox:latest sleep 1000000

  # see where they run
  swarmctl service ps web

  # ask a manager on another host
  swarmctl --host tcp://10.0.0.5:2377 node ls

  # all flags and more examples of a command
  swarmctl service create --help`;

function addOutput(command: CliCommand, { stdout, stderr, env }: Session): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
    getOutHelpWidth: () => stdout.columns(),
    getErrHelpWidth: () => stderr.columns(),
    getOutHasColors: () => hasColors(stdout, env),
    getErrHasColors: () => hasColors(stderr, env),
    outputError: (text, write) => write(text.replace(/^error:/, 'swarmctl:')),
  });
  command.configureHelp({ styleTitle: (title) => `\u001b[1m${title}\u001b[22m` });
}

/** The path of a command as it is typed: `swarmctl service create`. */
function typedPath(command: CliCommand): string {
  return command.parent ? `${typedPath(command.parent as CliCommand)} ${command.name()}` : command.name();
}

function addVerbs(parent: CliCommand, verbs: readonly (Verb | Noun)[], perform: Perform): void {
  for (const verb of verbs) {
    if ('verbs' in verb) {
      addNoun(parent, verb, perform);
      continue;
    }
    const command = parent.command(verb.name).summary(verb.summary) as CliCommand;
    command.showHelpAfterError(`See '${typedPath(command)} --help'.`);
  }
  const loadable = verbs.filter((verb) => 'load' in verb);
  parent.hook('preSubcommand', (_parent, command) => {
    loadable
      .find(({ name }) => name === command.name())
      ?.load()
      .declare(command as CliCommand, perform);
  });
}

function addNoun(parent: CliCommand, { name, summary, verbs }: Noun, perform: Perform): void {
  const noun = parent
    .command(name)
    .summary(summary)
    .description(`${summary}.`)
    .usage('<command>')
    .helpCommand(false) as CliCommand;
  noun.showHelpAfterError(`See '${typedPath(noun)} --help'.`);
  addVerbs(noun, verbs, perform);
}

function newProgram(session: Session, performAt: (program: CliCommand) => Perform): CliCommand {
  const program = new CliCommand('swarmctl');
  addOutput(program, session);
  const perform = performAt(program);
  program
    .description(DESCRIPTION.join('\n\n'))
    .usage('[--host <address>] <command>')
    .addOption(new Option('-H, --host <address>', 'address of the manager, before the command'))
    .addOption(new Option('-c, --context <name>', 'context that holds the address, before the command'))
    .helpOption('-h, --help', 'show this help')
    .version(VERSION, '-V, --version', 'print the version of swarmctl')
    .helpCommand(false)
    .showHelpAfterError("See 'swarmctl --help'.")
    .enablePositionalOptions()
    .addHelpText('after', [HOST_HELP, exitCodeHelp(), EXAMPLES].join('\n'));
  for (const noun of NOUNS) addNoun(program, noun, perform);
  addVerbs(program, PLAIN_VERBS, perform);
  return program;
}

async function atManager(
  address: ManagerAddress,
  session: Session,
  work: (tools: Tools) => Promise<ExitCode>,
): Promise<ExitCode> {
  // Loaded last, so that help and usage errors do not wait for the model of the API.
  const { withManager } = createRequire(__filename)('./connect') as typeof Connect;
  return withManager(address, (api) => work({ session, api }));
}

/** Prints what the unfinished word may become, one a line. */
async function printCompletions(program: CliCommand, words: readonly string[], session: Session): Promise<ExitCode> {
  const { namesForCompletion } = createRequire(__filename)('./names-for-completion') as typeof Names;
  const candidates = await complete(words, {
    program,
    load: (verb, command) => verb.load().declare(command, () => Promise.resolve()),
    namesOf: async (kind) => {
      let names: readonly string[] = [];
      await atManager(chooseAddress({}, session.env), session, async ({ api }) => {
        names = await namesForCompletion(api, kind);
        return EXIT.ok;
      });
      return names;
    },
  });
  if (candidates.length > 0) session.stdout.write(`${candidates.join('\n')}\n`);
  return EXIT.ok;
}

/**
 * Runs swarmctl with the words that follow its name on the command line.
 * @returns the exit code; nothing is thrown, all errors are said on stderr
 */
export async function runProgram(words: readonly string[], session: Session): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = newProgram(session, (root) => async (work) => {
    code = await atManager(chooseAddress(root.opts<AddressFlags>(), session.env), session, work);
  });
  try {
    if (words[0] === COMPLETE) return await printCompletions(program, words.slice(1), session);
    await program.parseAsync(words[0] === 'help' ? [...words.slice(1), '--help'] : [...words], { from: 'user' });
    return code;
  } catch (error) {
    // Commander has said what is wrong by itself, and has printed the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportError(session, error);
  }
}
