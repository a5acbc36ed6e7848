// Generates libs/common/src/proto from proto/. With --check: generates into a temporary folder and fails when the committed
// code differs, so that nobody forgets to regenerate.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'libs/common/src/proto/generated');
const bin = (name) => join(root, 'node_modules/.bin', name);

const OPTIONS = [
  'outputServices=grpc-js',
  'outputSchema=const',
  'esModuleInterop=true',
  'forceLong=number',
  'useOptionals=none',
  'stringEnums=true',
  'unrecognizedEnum=false',
  'env=node',
  'exportCommonSymbols=false',
  'useExactTypes=false',
  'comments=true',
].join(',');

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function generate(out) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  execFileSync(
    bin('protoc'),
    [
      `--plugin=protoc-gen-ts_proto=${bin('protoc-gen-ts_proto')}`,
      `--ts_proto_out=${out}`,
      `--ts_proto_opt=${OPTIONS}`,
      `--proto_path=${join(root, 'proto')}`,
      ...files(join(root, 'proto')).filter((file) => file.endsWith('.proto')),
    ],
    { stdio: 'inherit' },
  );
}

function differences(expected, actual) {
  const names = (folder) => files(folder).map((file) => relative(folder, file));
  const all = new Set([...names(expected), ...names(actual)]);
  const text = (folder, name) => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch {
      return undefined;
    }
  };
  return [...all].filter((name) => text(expected, name) !== text(actual, name));
}

if (process.argv.includes('--check')) {
  const fresh = mkdtempSync(join(tmpdir(), 'swarmctl-proto-'));
  try {
    generate(fresh);
    const stale = differences(fresh, target);
    if (stale.length > 0) {
      console.error(`Generated code is stale: ${stale.join(', ')}. Run "npm run proto" and commit the result.`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
} else {
  generate(target);
}
