// Generates libs/common/src/proto from proto/. With --check: generates into a temporary folder and fails when the committed
// code differs, so that nobody forgets to regenerate.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

// ts-proto either throws at a number that it has no name for, which makes a whole message unreadable, or forgets which one it was. A
// newer program's value has to survive that an older one reads the record and writes it again: so it is kept as it came.
const KEEPERS = { FromJSON: 'keptEnum', ToJSON: 'shownEnum', ToNumber: 'writtenEnum' };
const ENUM_FUNCTION = /^export function \w+(FromJSON|ToJSON|ToNumber)\(object: \w+\): \w+ \{\n  switch[^]*?^\}$/gm;
const THROWS = /throw new globalThis\.Error\("Unrecognized enum value " \+ object \+ " for enum (\w+)"\);/g;
const SHOWN_TYPE = /^(export function \w+ToJSON\(object: \w+\)): string \{(\n  switch)/gm;

/** Has the generated functions ask `proto/unknown-enum.ts` about values without a name. */
function keepUnknownEnums(file, out) {
  const generated = readFileSync(file, 'utf8');
  if (!generated.includes('Unrecognized enum value')) return;
  const kept = generated
    .replace(ENUM_FUNCTION, (text, does) => text.replace(THROWS, `return ${KEEPERS[does]}(object, "$1");`))
    .replace(SHOWN_TYPE, '$1: string | number {$2');
  if (kept.includes('Unrecognized enum value')) throw new Error(`${file}: the generator writes enums in another way now`);
  const path = relative(dirname(file), join(out, '../unknown-enum'));
  const at = kept.indexOf('\nimport ');
  const line = `\nimport { ${Object.values(KEEPERS).sort().join(', ')} } from "${path}";`;
  writeFileSync(file, kept.slice(0, at) + line + kept.slice(at));
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
  for (const file of files(out)) keepUnknownEnums(file, out);
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
