// What set-up cannot install: the operating system and Node itself.
import { readFileSync } from 'node:fs';
import { platform, version } from 'node:process';

/** A reason, for people, why this machine cannot be made ready. */
export class SetupError extends Error {}

const MINIMUM_NODE = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).engines.node;

function parseVersion(text) {
  const [major = 0, minor = 0, patch = 0] = (/\d+(\.\d+)*/.exec(text)?.[0] ?? '').split('.').map(Number);
  return [major, minor, patch];
}

/** Whether version `actual` is at least `minimum`; both like `v20.12.1`, `>=20`. */
export function isAtLeast(actual, minimum) {
  const [have, need] = [parseVersion(actual), parseVersion(minimum)];
  const differs = have.findIndex((part, index) => part !== need[index]);
  return differs === -1 || have[differs] > need[differs];
}

/** @throws {SetupError} when this is not Linux or Node is older than package.json asks for */
export function requirePlatform() {
  if (platform !== 'linux') {
    throw new SetupError(`swarmctl runs on Linux, this is ${platform}. Use a Linux machine or a virtual machine.`);
  }
  if (!isAtLeast(version, MINIMUM_NODE)) {
    throw new SetupError(
      `Node ${MINIMUM_NODE} is needed, this is ${version}. Install a newer one: https://nodejs.org/en/download`,
    );
  }
}
