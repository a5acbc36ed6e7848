import { createRequire } from 'node:module';
import type { Declare } from './commands/command';

// Commands are loaded when they are typed: the model of the API alone takes longer to load than everything else together.
const load = createRequire(__filename);

/** A command, before it is loaded. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  /** Loads what makes the command whole. */
  readonly load: () => { readonly declare: Declare };
}

/** A kind of object and what can be done with it; or a verb that needs a second one, as in `service plan create`. */
export interface Noun {
  readonly name: string;
  readonly summary: string;
  readonly verbs: readonly (Verb | Noun)[];
}

function verb(path: string, summary: string): Verb {
  const name = path.split('/').at(-1) ?? path;
  return { name, summary, load: () => load(`./commands/${path}`) as { declare: Declare } };
}

const PLAN: Noun = {
  name: 'plan',
  summary: 'Show what a create or an update would do, and do nothing',
  verbs: [
    verb('service/plan/create', 'Show what creating a service would do'),
    verb('service/plan/update', 'Show what changing a service would do'),
  ],
};

/** Every command with a noun, in the order of the help: `commands/<noun>/<verb>.ts`. */
export const NOUNS: readonly Noun[] = [
  {
    name: 'service',
    summary: 'Manage services',
    verbs: [
      verb('service/create', 'Create a service'),
      verb('service/ls', 'List services'),
      verb('service/ps', 'List the tasks of services'),
      verb('service/logs', 'Show what the tasks of a service have written'),
      verb('service/inspect', 'Show everything about services'),
      verb('service/update', 'Change a service'),
      verb('service/scale', 'Set how many tasks services have'),
      verb('service/history', 'Show the revisions of a service and what changed in each'),
      verb('service/rollback', 'Go back to an earlier revision of a service'),
      PLAN,
      verb('service/rebalance', 'Spread the tasks of a service evenly again'),
      verb('service/rm', 'Remove services'),
    ],
  },
  {
    name: 'stack',
    summary: 'Manage stacks: the services of compose files',
    verbs: [
      verb('stack/deploy', 'Make the cluster have what compose files ask for'),
      verb('stack/config', 'Print compose files as one, checked and with variables filled in'),
      verb('stack/ls', 'List stacks'),
      verb('stack/services', 'List the services of a stack'),
      verb('stack/ps', 'List the tasks of a stack'),
      verb('stack/rm', 'Remove stacks'),
    ],
  },
  {
    name: 'node',
    summary: 'Manage nodes',
    verbs: [
      verb('node/ls', 'List nodes'),
      verb('node/ps', 'List the tasks on nodes'),
      verb('node/inspect', 'Show everything about nodes'),
      verb('node/update', 'Change a node'),
      verb('node/promote', 'Give nodes the role of a manager'),
      verb('node/demote', 'Give nodes the role of a worker'),
      verb('node/rm', 'Remove nodes'),
    ],
  },
  {
    name: 'network',
    summary: 'Manage networks',
    verbs: [
      verb('network/create', 'Create a network'),
      verb('network/ls', 'List networks'),
      verb('network/inspect', 'Show everything about networks'),
      verb('network/rm', 'Remove networks'),
    ],
  },
  {
    name: 'secret',
    summary: 'Manage secrets',
    verbs: [
      verb('secret/create', 'Create a secret'),
      verb('secret/ls', 'List secrets'),
      verb('secret/inspect', 'Show everything about secrets but their values'),
      verb('secret/update', 'Give a secret a new value, or other labels'),
      verb('secret/rm', 'Remove secrets'),
    ],
  },
  {
    name: 'config',
    summary: 'Manage configs',
    verbs: [
      verb('config/create', 'Create a config'),
      verb('config/ls', 'List configs'),
      verb('config/inspect', 'Show everything about configs'),
      verb('config/update', 'Give a config a new value, or other labels'),
      verb('config/rm', 'Remove configs'),
    ],
  },
  {
    name: 'swarm',
    summary: 'Manage the cluster as a whole',
    verbs: [
      verb('swarm/init', 'Make a cluster'),
      verb('swarm/inspect', 'Show the cluster and its settings'),
      verb('swarm/update', 'Change settings of the cluster'),
      verb('swarm/join-token', 'Show the tokens that admit to the cluster'),
      verb('swarm/join', 'Join the cluster of another manager'),
      verb('swarm/unlock', 'Unlock a manager'),
      verb('swarm/unlock-key', 'Show the key that unlocks managers'),
      verb('swarm/ca', 'Show the root certificate'),
      verb('swarm/leave', 'End the cluster'),
    ],
  },
  {
    name: 'context',
    summary: 'Keep addresses of managers under names',
    verbs: [
      verb('context/create', 'Keep an address under a name'),
      verb('context/ls', 'List contexts'),
      verb('context/use', 'Use a context from now on'),
      verb('context/rm', 'Remove contexts'),
    ],
  },
  {
    name: 'task',
    summary: 'Look into tasks',
    verbs: [
      verb('task/ls', 'List the tasks of all services'),
      verb('task/inspect', 'Show everything about tasks, and why one has no node'),
      verb('task/logs', 'Show what a task has written'),
      verb('task/exec', "Run a command in a task's container"),
    ],
  },
];

/** The commands without a noun: `commands/<verb>.ts`. */
export const PLAIN_VERBS: readonly Verb[] = [
  verb('top', 'Show what nodes, services and tasks use'),
  verb('events', 'Show what happens in the swarm'),
  verb('completion', 'Print a script that completes words in a shell'),
  verb('info', 'Show what the manager says of the swarm'),
  verb('version', 'Show the versions of swarmctl and the manager'),
];
