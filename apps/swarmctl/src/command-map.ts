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
    name: 'task',
    summary: 'Look into tasks',
    verbs: [verb('task/inspect', 'Show everything about tasks, and why one has no node')],
  },
];

/** The commands without a noun: `commands/<verb>.ts`. */
export const PLAIN_VERBS: readonly Verb[] = [
  verb('info', 'Show what the manager says of the swarm'),
  verb('version', 'Show the versions of swarmctl and the manager'),
];
