import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { runCommand } from './run-command';
import type { UnixHttp } from './unix-http';

/** A Debian system puts it in one of these two, which are often the same folder. */
const BUSYBOX_PATHS = ['/usr/bin/busybox', '/bin/busybox'];
const IMPORT_TIMEOUT_MS = 30_000;
const WORLD_WRITABLE = 0o1777;

/**
 * A root file system of nothing but busybox and a link for each of its programs, as a tar archive: an image that needs
 * no registry.
 * @throws Error when busybox-static is not installed
 */
export async function buildBusyboxArchive(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmctl-busybox-'));
  try {
    const image = join(folder, 'image');
    await layOut(image);
    const archive = join(folder, 'image.tar');
    // One block a record: an engine stops reading at the end mark and closes, and padding still to be sent would break the pipe.
    const records = ['--blocking-factor=1'];
    await runCommand('tar', [...records, '--numeric-owner', '--owner=0', '--group=0', '-C', image, '-cf', archive, '.']);
    return await readFile(archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function layOut(image: string): Promise<void> {
  const binary = join(image, 'bin/busybox');
  for (const folder of ['bin', 'etc', 'tmp', 'root']) await mkdir(join(image, folder), { recursive: true });
  await copyBusybox(binary);
  await chmod(join(image, 'tmp'), WORLD_WRITABLE);
  await writeFile(join(image, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n');
  await writeFile(join(image, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n');
  const { stdout } = await runCommand(binary, ['--list-full']);
  const programs = stdout.split('\n').filter((path) => path !== '' && path !== 'bin/busybox');
  await Promise.all(
    [...new Set(programs.map((path) => dirname(path)))].map((path) => mkdir(join(image, path), { recursive: true })),
  );
  await Promise.all(programs.map((path) => symlink(relative(dirname(join(image, path)), binary), join(image, path))));
}

async function copyBusybox(target: string): Promise<void> {
  const [first = '', second = ''] = BUSYBOX_PATHS;
  await copyFile(first, target).catch(() => copyFile(second, target));
  await chmod(target, 0o755);
}

/**
 * Imports the archive into an engine under a tag of busybox. Each tag is an image of its own (it says its tag in
 * IMAGE_TAG), so that changing a service from one to another is a real update. Repeatable.
 */
export async function importBusybox(engine: UnixHttp, archive: Buffer, tag: string): Promise<void> {
  const changes = ['CMD ["/bin/sh"]', `ENV IMAGE_TAG=${tag}`];
  const query = new URLSearchParams({ fromSrc: '-', repo: 'busybox', tag });
  for (const change of changes) query.append('changes', change);
  const path = `/images/create?${query.toString()}`;
  const { status, text } = await engine.send({ method: 'POST', path, body: archive, timeoutMs: IMPORT_TIMEOUT_MS });
  // The engine answers 200 before it starts; a failure stands in the stream of progress messages.
  if (status !== 200 || text.includes('"errorDetail"'))
    throw new Error(`busybox:${tag} could not be imported on ${engine.socketPath}: ${text.trim()}`);
}
