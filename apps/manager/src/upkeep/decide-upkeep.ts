import type { MemberSpace, Revision } from '#common/store';

/** How far back whoever watches may have been cut off without having to list everything anew. */
const HISTORY_KEPT_MS = { usual: 5 * 60_000, scarce: 10_000, full: 3_000 };
/** Fewer revisions than this are not worth a compaction while there is space. */
const REVISIONS_KEPT = 1_000;
/** A compaction is itself followed by one write, which is no reason for another one. */
const LEAST_GAIN = 2;
const MS_BETWEEN_COMPACTIONS = { usual: 60_000, scarce: 10_000, full: 0 };
/** From this share of the quota in use on, history is let go sooner. */
const SCARCE_SHARE = 0.5;
/**
 * A member is defragmented when its file takes this share of the quota, and that much of the quota would come free. Not sooner: what is
 * free in a file is used again, and the member answers nobody meanwhile, for up to 60 ms a MiB in use.
 */
const FILE_SHARE = 0.9;
const WORTH_SHARE = 0.25;
/** One member at a time, and the others' turn is not at once. */
const MS_BETWEEN_DEFRAGMENTATIONS = 60_000;
/** A member that is silent for so long after it was told to defragment may still be at it. */
const LONGEST_DEFRAGMENTATION_MS = 5 * 60_000;
/** A file below this share of the quota takes puts again; what is in use has to be less, for it grows again at once. */
const DISARM_SHARE = 0.95;
const ROOM_SHARE = 0.9;

/** Where etcd's history was at a moment. */
export interface Mark {
  readonly revision: Revision;
  readonly atMs: number;
}

/** What is known when it is decided; all times by one monotonic clock. */
export interface UpkeepInputs {
  readonly members: readonly MemberSpace[];
  /** Hosts of etcd that give no answer. */
  readonly silent: number;
  readonly quotaBytes: number;
  /** The oldest first. */
  readonly marks: readonly Mark[];
  readonly lastCompaction: Mark | undefined;
  readonly defragmentedAtMs: number | undefined;
  readonly nowMs: number;
}

export type UpkeepStep =
  | { readonly kind: 'compact'; readonly revision: Revision }
  /** The member answers nobody meanwhile. */
  | { readonly kind: 'defragment'; readonly memberId: string }
  | { readonly kind: 'disarm'; readonly memberIds: readonly string[] };

/**
 * The next thing to do for etcd's space, if there is any. History goes first, since only then there is something to give back. While
 * etcd refuses puts nothing else has priority; else a member is only defragmented when much comes of it, all members answer, and the
 * one before it has had its rest. The member that leads comes last.
 */
export function decideUpkeep(inputs: UpkeepInputs): UpkeepStep | undefined {
  const { members } = inputs;
  if (members.length === 0) return undefined;
  const full = [...new Set(members.flatMap((member) => member.full))];
  const compaction = decideCompaction(inputs, full.length > 0);
  if (compaction) return compaction;
  if (full.length === 0) return decideDefragmentation(inputs);
  return whileFull(inputs, full);
}

/** Marks that may still be needed. */
export function newestMarks(marks: readonly Mark[], nowMs: number): readonly Mark[] {
  const old = marks.findLastIndex(({ atMs }) => nowMs - atMs > HISTORY_KEPT_MS.usual);
  return marks.slice(Math.max(0, old));
}

function decideCompaction(inputs: UpkeepInputs, isFull: boolean): UpkeepStep | undefined {
  const { members, quotaBytes, marks, lastCompaction, nowMs } = inputs;
  const isScarce = members.some(({ inUseBytes }) => inUseBytes >= SCARCE_SHARE * quotaBytes);
  const mood = isFull ? 'full' : isScarce ? 'scarce' : 'usual';
  const { revision = 0 } = marks.findLast(({ atMs }) => nowMs - atMs >= HISTORY_KEPT_MS[mood]) ?? {};
  if (lastCompaction && nowMs - lastCompaction.atMs < MS_BETWEEN_COMPACTIONS[mood]) return undefined;
  const newest = marks.at(-1)?.revision ?? 0;
  const to = mood === 'usual' ? Math.min(revision, newest - REVISIONS_KEPT) : revision;
  const gained = to - (lastCompaction?.revision ?? 0);
  return gained >= (mood === 'usual' ? REVISIONS_KEPT : LEAST_GAIN) ? { kind: 'compact', revision: to } : undefined;
}

function decideDefragmentation({ members, silent, quotaBytes, defragmentedAtMs, nowMs }: UpkeepInputs): UpkeepStep | undefined {
  const isRested = defragmentedAtMs === undefined || nowMs - defragmentedAtMs >= MS_BETWEEN_DEFRAGMENTATIONS;
  if (silent > 0 || !isRested) return undefined;
  const member = leaderLast(members).find(
    ({ sizeBytes, inUseBytes }) => sizeBytes >= FILE_SHARE * quotaBytes && sizeBytes - inUseBytes >= WORTH_SHARE * quotaBytes,
  );
  return member && { kind: 'defragment', memberId: member.memberId };
}

function whileFull(inputs: UpkeepInputs, full: readonly string[]): UpkeepStep | undefined {
  const { members, silent, quotaBytes, defragmentedAtMs, nowMs } = inputs;
  const tooLarge = leaderLast(members).filter(({ sizeBytes }) => sizeBytes > DISARM_SHARE * quotaBytes);
  if (tooLarge.length === 0) return { kind: 'disarm', memberIds: full };
  const isAtIt = silent > 0 && defragmentedAtMs !== undefined && nowMs - defragmentedAtMs < LONGEST_DEFRAGMENTATION_MS;
  if (isAtIt) return undefined;
  const member = tooLarge.find(({ inUseBytes }) => inUseBytes <= ROOM_SHARE * quotaBytes);
  return member && { kind: 'defragment', memberId: member.memberId };
}

function leaderLast(members: readonly MemberSpace[]): MemberSpace[] {
  return [...members].sort((a, b) => Number(a.isLeader) - Number(b.isLeader));
}
