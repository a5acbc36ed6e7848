import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { isCode } from '#common/errors';
import { wantedSpecs } from '../stack/service-changes';
import { unusedKeys } from '../stack/unused-keys';
import { SCHEMA_FILE } from './schema/validate';
import { readFiles } from './testing/read-files';

const schema = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as { definitions: { service: { properties: object } } };
const SERVICE_KEYS = Object.keys(schema.definitions.service.properties);

const scalar = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    '80',
    '8080:80',
    '${X}',
    '${X:-1}',
    '${NONE:?x}',
    '$',
    '$$',
    './a:/b',
    'data:/data',
    '5s',
    '64m',
    'true',
    'service_started',
    'no',
  ),
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(...SERVICE_KEYS, 'web', 'target', 'source', 'published', 'limits', 'name', 'file', 'x-a'),
      tie('any'),
      { maxKeys: 3 },
    ),
  ),
})).any;
const service = fc.dictionary(fc.constantFrom(...SERVICE_KEYS), value, { maxKeys: 5 });
const IDS = { network: (name: string) => name, secret: (name: string) => name, config: (name: string) => name };

async function readAll(text: string, named = ['compose.yaml']): Promise<void> {
  try {
    const project = await readFiles({ files: { 'compose.yaml': text, 'other.yaml': text }, named, env: { X: 'value' } });
    unusedKeys(project.model, project.place);
    wantedSpecs('st', project, IDS);
  } catch (error) {
    if (!isCode(error, 'INVALID_ARGUMENT')) throw error;
  }
}

it('reads any services, or says what is wrong with them', async () => {
  await fc.assert(
    fc.asyncProperty(service, service, async (web, db) =>
      readAll(JSON.stringify({ services: { web: { image: 'a', ...web }, db } })),
    ),
    { numRuns: 500 },
  );
});

it('merges any services, or says what is wrong with them', async () => {
  await fc.assert(
    fc.asyncProperty(service, async (web) =>
      readAll(JSON.stringify({ services: { web: { image: 'a', ...web } } }), ['compose.yaml', 'other.yaml']),
    ),
    { numRuns: 200 },
  );
});

it('reads any text, or says what is wrong with it', async () => {
  const pieces = fc.array(
    fc.constantFrom(
      'services:',
      '\n',
      '  ',
      'web:',
      ' image: a',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '&a',
      '*a',
      '<<: ',
      '!reset ',
      '"',
      '#',
      '|',
      '? ',
      '---\n',
      'include: ',
      'compose.yaml',
    ),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        pieces.map((parts) => parts.join('')),
        fc.string(),
      ),
      (text) => readAll(text),
    ),
    { numRuns: 500 },
  );
});
