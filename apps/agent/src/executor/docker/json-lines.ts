import { DomainError } from '#common/errors';

/** Far above any event or progress report; without a limit, an engine that never ends a line would fill the memory. */
const LONGEST_LINE = 1024 * 1024;

/**
 * The values of a stream that has one JSON text per line.
 * @throws DomainError UNAVAILABLE when what comes is not that; whatever the stream throws
 */
export async function* jsonLines(stream: NodeJS.ReadableStream): AsyncIterable<unknown> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new DomainError('UNAVAILABLE', 'the engine sends a line without end');
    for (const line of lines) if (line.trim() !== '') yield parse(line);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new DomainError('UNAVAILABLE', 'the engine sends something else than JSON', { cause: error });
  }
}
