/** etcd holds its file against the quota, whatever is free in it: from this share on a put may be the one that it refuses. */
const TOO_LARGE_SHARE = 0.95;

/** Bytes of a member's file, and etcd's quota. */
export interface StoreFile {
  readonly sizeBytes: number;
  readonly quotaBytes: number;
}

/** Whether creates have to wait until the file is smaller: as long as it is so, etcd is defragmented even for little. */
export function isStoreFileTooLarge({ sizeBytes, quotaBytes }: StoreFile): boolean {
  return sizeBytes >= TOO_LARGE_SHARE * quotaBytes;
}
