import { isStoreFileTooLarge } from '#common/domain';
import type { MemberSpace, Revision } from '#common/store';

/** How far back whoever watches may have been cut off without having to list everything anew. */
const USUALLY_KEPT_MS = 5 * 60_000;
/**
 * Where space is scarce, history is kept for as long as it takes to list what is in use, at one revision and by pages: a manager that
 * starts would never get to the end of it otherwise. While etcd is full it waits for this as well, so that there it is a minute at most.
 */
const LEAST_KEPT_MS = 10_000;
const LISTED_BYTES_PER_MS = (16 * 1024 * 1024) / 1_000;
const MOST_KEPT_MS = { scarce: 2 * 60_000, full: 60_000 };
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
/** That much is enough once creates wait for it. */
const WORTH_SHARE_WHEN_TOO_LARGE = 0.05;
/** One member at a time, and the others' turn is not at once. */
const MS_BETWEEN_DEFRAGMENTATIONS = 60_000;
/** A member that is silent for so long after it was told to defragment may still be at it. */
const LONGEST_DEFRAGMENTATION_MS = 5 * 60_000;
/** What is in use has to be less than what a file may have, for it grows again at once. */
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
  const old = marks.findLastIndex(({ atMs }) => nowMs - atMs > USUALLY_KEPT_MS);
  return marks.slice(Math.max(0, old));
}

function decideCompaction(inputs: UpkeepInputs, isFull: boolean): UpkeepStep | undefined {
  const { members, quotaBytes, marks, lastCompaction, nowMs } = inputs;
  const inUseBytes = Math.max(...members.map((member) => member.inUseBytes));
  const isScarce = inUseBytes >= SCARCE_SHARE * quotaBytes;
  const mood = isFull ? 'full' : isScarce ? 'scarce' : 'usual';
  const keptMs = mood === 'usual' ? USUALLY_KEPT_MS : keptWhile(mood, inUseBytes);
  const { revision = 0 } = marks.findLast(({ atMs }) => nowMs - atMs >= keptMs) ?? {};
  if (lastCompaction && nowMs - lastCompaction.atMs < MS_BETWEEN_COMPACTIONS[mood]) return undefined;
  const newest = marks.at(-1)?.revision ?? 0;
  const to = mood === 'usual' ? Math.min(revision, newest - REVISIONS_KEPT) : revision;
  const gained = to - (lastCompaction?.revision ?? 0);
  return gained >= (mood === 'usual' ? REVISIONS_KEPT : LEAST_GAIN) ? { kind: 'compact', revision: to } : undefined;
}

function keptWhile(mood: 'scarce' | 'full', inUseBytes: number): number {
  return Math.min(LEAST_KEPT_MS + inUseBytes / LISTED_BYTES_PER_MS, MOST_KEPT_MS[mood]);
}

function decideDefragmentation({ members, silent, quotaBytes, defragmentedAtMs, nowMs }: UpkeepInputs): UpkeepStep | undefined {
  const isRested = defragmentedAtMs === undefined || nowMs - defragmentedAtMs >= MS_BETWEEN_DEFRAGMENTATIONS;
  if (silent > 0 || !isRested) return undefined;
  const member = leaderLast(members).find((each) => isWorthIt(each, quotaBytes));
  return member && { kind: 'defragment', memberId: member.memberId };
}

function isWorthIt({ sizeBytes, inUseBytes }: MemberSpace, quotaBytes: number): boolean {
  const worth = isStoreFileTooLarge({ sizeBytes, quotaBytes }) ? WORTH_SHARE_WHEN_TOO_LARGE : WORTH_SHARE;
  return sizeBytes >= FILE_SHARE * quotaBytes && sizeBytes - inUseBytes >= worth * quotaBytes;
}

function whileFull(inputs: UpkeepInputs, full: readonly string[]): UpkeepStep | undefined {
  const { members, silent, quotaBytes, defragmentedAtMs, nowMs } = inputs;
  const tooLarge = leaderLast(members).filter(({ sizeBytes }) => isStoreFileTooLarge({ sizeBytes, quotaBytes }));
  if (tooLarge.length === 0) return { kind: 'disarm', memberIds: full };
  const isAtIt = silent > 0 && defragmentedAtMs !== undefined && nowMs - defragmentedAtMs < LONGEST_DEFRAGMENTATION_MS;
  if (isAtIt) return undefined;
  const member = tooLarge.find(({ inUseBytes }) => inUseBytes <= ROOM_SHARE * quotaBytes);
  return member && { kind: 'defragment', memberId: member.memberId };
}

function leaderLast(members: readonly MemberSpace[]): MemberSpace[] {
  return [...members].sort((a, b) => Number(a.isLeader) - Number(b.isLeader));
}
