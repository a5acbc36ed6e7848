import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { labNames, MAX_LABS, RUN_ROOT, type LabRecord } from './lab-plan';
import { isRunning } from './process-identity';

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
  try {
    for (let slot = 1; slot <= MAX_LABS; slot++) {
      const record = makeRecord(slot);
      writeFileSync(`${draft}/${RECORD}`, JSON.stringify(record));
      if (tryRename(draft, labNames(slot).runDir)) return record;
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
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

/** Whether the program that a lab was for has ended without removing it. */
export function isAbandoned(record: LabRecord): boolean {
  return record.owner !== undefined && !isRunning(record.owner);
}

/** Replaces a lab's record; readers see the old one or the new one. */
export function saveRecord(record: LabRecord): void {
  const file = `${labNames(record.slot).runDir}/${RECORD}`;
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}

/** Whether the lab is still there; its number may be another lab's by now. */
export function isPresent({ id, slot }: LabRecord): boolean {
  return readRecord(slot)?.id === id;
}

/** Sets the lab's number free in one step, as the end of its removal. */
export async function releaseSlot({ id, slot }: LabRecord): Promise<void> {
  const removed = `${RUN_ROOT}/removed-${id}`;
  renameSync(labNames(slot).runDir, removed);
  await rm(removed, { recursive: true, force: true });
}
