import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request as routes see it. */
export interface Request extends IncomingMessage {
  readonly method: string;
  /** Path and query in their one spelling (request-target.ts), without the version of the API. */
  url: string;
  /** The same with the version: what an engine is sent. */
  originalUrl: string;
  /** Of the route's path, decoded. */
  params: Readonly<Record<string, string | undefined>>;
}

export type Response = ServerResponse;

/** The path of a request without its query. */
export function pathOf({ url }: Pick<Request, 'url'>): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

/** Goes on to what comes after, or ends with an error. */
export type Next = (error?: unknown) => void;

/** What happens to every request before its route. */
export type Middleware = (request: Request, response: Response, next: Next) => void;
