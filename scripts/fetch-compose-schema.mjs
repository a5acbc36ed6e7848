// Refreshes the JSON schema of the Compose specification that swarmctl checks files against. The specification is in no npm package of
// its own; dclint carries its schema unchanged. The package is only fetched and read, never installed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = process.argv[2] ?? 'dclint@latest';
const IN_PACKAGE = 'package/schemas/compose.schema.json';
const target = join(dirname(fileURLToPath(import.meta.url)), '../apps/swarmctl/src/compose/schema');

const notice = (source, hash) => `compose.schema.json
===================

JSON schema of the Compose Specification, https://github.com/compose-spec/compose-spec (schema/compose-spec.json).
Copyright The Compose Specification Authors. Licensed under the Apache License, Version 2.0: the text is LICENSE at the
top of this repository, and at https://www.apache.org/licenses/LICENSE-2.0. It is not changed here.

It was taken from ${source} of the npm registry (MIT License, Copyright (c) 2024 Sergey Kupletsky), which carries it.
sha256 ${hash}

\`npm run compose-schema\` refreshes both files.
`;

const folder = mkdtempSync(join(tmpdir(), 'compose-schema-'));
try {
  const packed = execFileSync('npm', ['pack', PACKAGE, '--json', '--ignore-scripts'], { cwd: folder, encoding: 'utf8' });
  const [{ filename, id }] = JSON.parse(packed);
  execFileSync('tar', ['-xzf', filename, IN_PACKAGE], { cwd: folder });
  const schema = readFileSync(join(folder, IN_PACKAGE));
  const { title, definitions } = JSON.parse(schema.toString());
  if (title !== 'Compose Specification' || !definitions?.service?.properties) {
    throw new Error(`${IN_PACKAGE} of ${id} is not the schema of the Compose specification`);
  }
  writeFileSync(join(target, 'compose.schema.json'), schema);
  writeFileSync(join(target, 'NOTICE'), notice(id, createHash('sha256').update(schema).digest('hex')));
  console.log(`${join(target, 'compose.schema.json')}: ${schema.length} bytes, from ${id}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
