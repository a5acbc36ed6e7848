#!/usr/bin/env node
// Makes a fresh Debian or Ubuntu machine ready: Debian packages, npm packages, the build and the `npx swarmctl` link.
// Safe to repeat; takes well under a second when there is nothing to do.
import { argv, exit, stderr } from 'node:process';
import { parseArgs } from 'node:util';
import { installPackages, missingPackages } from './setup/packages.mjs';
import { ensureBuild, ensureNodeModules, linkCommand } from './setup/project.mjs';
import { SetupError, requirePlatform } from './setup/platform.mjs';
import { isEntryPoint } from './setup/run.mjs';

const HELP = `Usage: node scripts/setup.mjs [--yes] [--tests] [--no-build] [--quiet]

Makes this machine ready to build, run and test swarmctl.
  --yes       install missing Debian packages without asking
  --tests     with what only the tests need: Ansible, Prometheus, docker-py
  --no-build  leave dist/ and the npx link as they are
  --quiet     print only what goes wrong
`;

/**
 * Brings the machine and the checkout to the state that the other scripts need. Repeatable.
 * @param {{ yes?: boolean, forTests?: boolean, build?: boolean, quiet?: boolean }} options `build` defaults to true
 * @throws {SetupError} when the machine cannot be made ready; the message says what to do
 */
export async function setUp({ yes = false, forTests = false, build = true, quiet = false } = {}) {
  requirePlatform();
  await installPackages(missingPackages({ forTests }), { yes, quiet });
  ensureNodeModules({ quiet });
  if (!build) return;
  ensureBuild({ quiet });
  linkCommand();
}

/**
 * Runs set-up for a script; on failure prints why and ends the process with code 1.
 * @param {Parameters<typeof setUp>[0]} options as for setUp
 */
export async function setUpOrExit(options) {
  try {
    await setUp(options);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    stderr.write(`setup: ${error.message}\n`);
    exit(1);
  }
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        yes: { type: 'boolean', short: 'y', default: false },
        tests: { type: 'boolean', default: false },
        'no-build': { type: 'boolean', default: false },
        quiet: { type: 'boolean', short: 'q', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    stderr.write(`setup: ${error.message}\n\n${HELP}`);
    return exit(2);
  }
}

if (isEntryPoint(import.meta.url, argv[1])) {
  const options = readOptions();
  if (options.help) stderr.write(HELP);
  else await setUpOrExit({ yes: options.yes, forTests: options.tests, build: !options['no-build'], quiet: options.quiet });
}
