import { createHash, randomBytes } from 'node:crypto';

export const LEAVE_KEY_BYTES = 32;

/** With which a host leaves the cluster that it has just joined, and no other one. */
export function newLeaveKey(): Buffer {
  return randomBytes(LEAVE_KEY_BYTES);
}

/** What the agents of that host say in their hellos: nobody finds the key from it. */
export function leaveLockOf(leaveKey: Uint8Array): Buffer {
  return createHash('sha256').update(leaveKey).digest();
}
