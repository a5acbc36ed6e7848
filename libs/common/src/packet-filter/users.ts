import { readFile } from 'node:fs/promises';

const PASSWORDS = '/etc/passwd';
/** As distributions' packages call the user that etcd runs as. */
export const ETCD_USER = 'etcd';
const MAX_UID = 0xffff_fffe;

/** Numbers of users of this host, by name or number. @returns `unknown` are names that the host has no user of */
export async function readUsers(names: readonly string[]): Promise<{ uids: readonly number[]; unknown: readonly string[] }> {
  const lines = (await readFile(PASSWORDS, 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const known = new Map(lines.map(([name = '', , uid = '']) => [name, uid]));
  const found = names.map((name) => ({ name, uid: readUid(/^\d+$/.test(name) ? name : known.get(name)) }));
  return {
    uids: [...new Set(found.flatMap(({ uid }) => uid ?? []))],
    unknown: found.filter(({ uid }) => uid === undefined).map(({ name }) => name),
  };
}

function readUid(text = ''): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= MAX_UID ? Number(text) : undefined;
}
