import type { ErrorCode } from '#common/errors';

/** How swarmctl ends. Scripts may rely on these numbers; the help lists them. */
export const EXIT = {
  ok: 0,
  refused: 1,
  usage: 2,
  unreachable: 3,
  notFound: 4,
  updateStopped: 5,
  jobFailed: 6,
  wouldWait: 7,
  timeout: 124,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code of a program elsewhere is passed on as it is: `task exec`. */
export function passedOn(code: number): ExitCode {
  return code as ExitCode;
}

/** What each number means, for the help. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done',
  refused: 'the manager refused or failed',
  usage: 'the command line is wrong; nothing was sent',
  unreachable: 'no manager could be reached',
  notFound: 'there is no such service, task, node, network, secret or config',
  updateStopped: 'the update was paused or rolled back',
  jobFailed: 'tasks of the job failed as often as their restart policy allows',
  wouldWait: 'service plan: some tasks would wait for a node',
  timeout: 'the time given by --timeout passed; what was begun goes on by itself',
  interrupted: 'interrupted; what was begun goes on by itself',
};

// INVALID_ARGUMENT is what this program itself cannot accept. What the manager does not accept is FAILED_PRECONDITION.
const BY_CODE = {
  INVALID_ARGUMENT: EXIT.usage,
  NOT_FOUND: EXIT.notFound,
  UNAVAILABLE: EXIT.unreachable,
  DEADLINE_EXCEEDED: EXIT.timeout,
  CANCELLED: EXIT.interrupted,
  UNAUTHENTICATED: EXIT.refused,
  PERMISSION_DENIED: EXIT.refused,
  ALREADY_EXISTS: EXIT.refused,
  ABORTED: EXIT.refused,
  FAILED_PRECONDITION: EXIT.refused,
  RESOURCE_EXHAUSTED: EXIT.refused,
  TOO_LARGE: EXIT.refused,
  INTERNAL: EXIT.refused,
  UNIMPLEMENTED: EXIT.refused,
  COMPACTED: EXIT.refused,
} as const satisfies Record<ErrorCode, ExitCode>;

/** The number that an error ends the program with. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return BY_CODE[code];
}
