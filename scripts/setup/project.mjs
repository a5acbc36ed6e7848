// The checkout's own parts: npm packages, the build in dist/, and the link behind `npx swarmctl`.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { announce, ROOT, runStep } from './run.mjs';

const DIST = join(ROOT, 'dist');
const STAMP = join(DIST, '.build-stamp');
const COMMAND = join(DIST, 'apps/swarmctl/src/main.js');
const COMMAND_LINK = join(ROOT, 'node_modules/.bin/swarmctl');

/** All that decides what the build puts into dist/. */
const BUILD_INPUT_FOLDERS = ['apps', 'libs', 'test', 'deploy', 'proto'];
const BUILD_INPUT_FILES = ['package.json', 'package-lock.json', 'tsconfig.json', '.swcrc', 'nest-cli.json'];

function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Runs `npm ci` when node_modules is absent or older than the lock file. */
export function ensureNodeModules({ quiet = false } = {}) {
  const installedMs = modifiedMs(join(ROOT, 'node_modules/.package-lock.json'));
  if (installedMs !== undefined && installedMs >= modifiedMs(join(ROOT, 'package-lock.json'))) return;
  announce(quiet, 'npm ci');
  // The build needs the development packages whatever NODE_ENV says.
  runStep('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], { quiet });
}

/** A hash over the names and contents of everything the build reads. */
export function buildInputHash() {
  const hash = createHash('sha256');
  const inputs = [
    ...BUILD_INPUT_FOLDERS.flatMap((folder) => filesUnder(join(ROOT, folder))),
    ...BUILD_INPUT_FILES.map((file) => join(ROOT, file)),
  ];
  for (const file of inputs.filter(existsSync).sort()) {
    const content = readFileSync(file);
    hash.update(`${relative(ROOT, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** A build by hand after ours leaves the stamp behind, so the stamp must also be the newest file. */
function isBuildFresh(hash) {
  if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== hash) return false;
  const stampMs = modifiedMs(STAMP);
  return filesUnder(DIST).every((file) => modifiedMs(file) <= stampMs);
}

/** Runs `npm run build` when dist/ was not built from exactly the present sources. */
export function ensureBuild({ quiet = false } = {}) {
  const hash = buildInputHash();
  if (isBuildFresh(hash)) return;
  announce(quiet, 'npm run build');
  runStep('npm', ['run', '--silent', 'build'], { quiet });
  writeFileSync(STAMP, hash);
}

/** Makes `npx swarmctl` run this checkout's build. Does nothing while the command is not built. */
export function linkCommand() {
  if (!existsSync(COMMAND)) return;
  chmodSync(COMMAND, 0o755);
  const target = relative(dirname(COMMAND_LINK), COMMAND);
  const present = lstatSync(COMMAND_LINK, { throwIfNoEntry: false });
  if (present?.isSymbolicLink() && readlinkSync(COMMAND_LINK) === target) return;
  mkdirSync(dirname(COMMAND_LINK), { recursive: true });
  rmSync(COMMAND_LINK, { force: true });
  symlinkSync(target, COMMAND_LINK);
}
