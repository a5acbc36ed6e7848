import type { Response } from './exchange';

/** Docker's clients compare this text as a whole: a charset after it makes them print the raw body of an error. */
const JSON_TYPE = 'application/json';

/** Objects rendered between two turns of the event loop: a few milliseconds' worth. */
const CHUNK = 200;

/** Answers with a value as JSON. */
export function sendJson(response: Response, status: number, value: unknown): void {
  sendJsonText(response, status, JSON.stringify(value));
}

/** Answers with JSON that has been rendered already. */
export function sendJsonText(response: Response, status: number, text: string): void {
  const body = `${text}\n`;
  response.writeHead(status, { 'Content-Type': JSON_TYPE, 'Content-Length': Buffer.byteLength(body) });
  // A text, unlike a buffer, leaves in one system call together with the headers.
  response.end(body);
}

/** Answers with a list, rendering it in chunks so that a long one does not hold up everybody else. */
export async function sendJsonList<T>(response: Response, items: readonly T[], render: (item: T) => string): Promise<void> {
  const texts: string[] = [];
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % CHUNK === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    texts.push(render(item));
  }
  sendJsonText(response, 200, `[${texts.join()}]`);
}

/** Answers "done", with nothing to say. */
export function sendEmpty(response: Response): void {
  response.writeHead(200, { 'Content-Length': 0 });
  response.end();
}

/** Answers "done" as removals of some objects do in Docker. */
export function sendNoContent(response: Response): void {
  response.writeHead(204);
  response.end();
}

/** Answers in plain text, for people and monitoring. */
export function sendText(response: Response, status: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
