import { Readable } from 'node:stream';
import { jsonLines } from './json-lines';

async function read(...chunks: (string | Buffer)[]): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of jsonLines(Readable.from(chunks, { objectMode: false }))) values.push(value);
  return values;
}

it('reads one value per line, however the lines are cut', async () => {
  const text = Buffer.from('{"a":"é"}\r\n\n{"b":2}\n');
  const bytes = [...text].map((byte) => Buffer.from([byte]));
  await expect(read(...bytes)).resolves.toEqual([{ a: 'é' }, { b: 2 }]);
});

it.each([
  { name: 'something else than JSON', chunks: ['<html>\n'] },
  { name: 'a line without end', chunks: ['"', 'x'.repeat(2 * 1024 * 1024)] },
])('refuses $name', ({ chunks }) => expect(read(...chunks)).rejects.toMatchObject({ code: 'UNAVAILABLE' }));
