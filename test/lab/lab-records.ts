import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { labNames, MAX_LABS, RUN_ROOT, type LabRecord } from './lab-plan';
import { identify, isRunning, type ProcessIdentity } from './process-identity';

const RECORD = 'lab.json';
/** A folder that another lab has: it holds at least a record, so it cannot be renamed over. */
const TAKEN = new Set(['ENOTEMPTY', 'EEXIST']);

/**
 * Takes the first free lab number and writes the record made for it, in one step: no other program takes the same
 * number, and no number is ever taken without a record by which to clean up.
 * @throws Error when all numbers are taken
 */
export function claimSlot(makeRecord: (slot: number) => LabRecord): LabRecord {
  mkdirSync(RUN_ROOT, { recursive: true });
  const draft = mkdtempSync(`${RUN_ROOT}/new-`);
  for (let slot = 1; slot <= MAX_LABS; slot++) {
    const record = makeRecord(slot);
    writeFileSync(`${draft}/${RECORD}`, JSON.stringify(record));
    if (tryRename(draft, labNames(slot).runDir)) return record;
  }
  rmSync(draft, { recursive: true });
  throw new Error(`all ${MAX_LABS} labs of this machine are in use (${RUN_ROOT}); remove some with \`npm run lab -- cleanup\``);
}

function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (TAKEN.has((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** The records of all labs on this machine, by number. */
export function readRecords(): LabRecord[] {
  const slots = folderNames(RUN_ROOT)
    .map(Number)
    .filter(Number.isInteger)
    .sort((a, b) => a - b);
  return slots.flatMap((slot) => readRecord(slot) ?? []);
}

function folderNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readRecord(slot: number): LabRecord | undefined {
  try {
    return JSON.parse(readFileSync(`${labNames(slot).runDir}/${RECORD}`, 'utf8')) as LabRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // removed meanwhile
    throw error;
  }
}

/** This program, as the owner of a lab. */
export function currentOwner(): ProcessIdentity {
  const self = identify(process.pid);
  if (self === undefined) throw new Error('cannot read /proc/self: is /proc mounted?');
  return self;
}

/** Whether the program that a lab was for has ended without removing it. */
export function isAbandoned(record: LabRecord): boolean {
  return record.owner !== undefined && !isRunning(record.owner);
}

/**
 * Makes this program the owner of an abandoned lab, so that only one program removes it.
 * @returns false when another program was first
 */
export function takeOver(record: LabRecord): boolean {
  const { runDir } = labNames(record.slot);
  const { pid, startTime } = record.owner ?? { pid: 0, startTime: 0 };
  try {
    mkdirSync(`${runDir}/taken-over-from-${pid}-${startTime}`);
  } catch {
    return false;
  }
  saveRecord({ ...record, owner: currentOwner() });
  return true;
}

/** Replaces a lab's record; readers see the old one or the new one. */
export function saveRecord(record: LabRecord): void {
  const file = `${labNames(record.slot).runDir}/${RECORD}`;
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}
