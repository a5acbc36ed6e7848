import type { Next, Request, Response } from './exchange';
import { API_VERSION, stripVersion } from './negotiate-version';
import { canonicalTarget } from './request-target';

/** Puts Docker's headers on every answer, brings the path into its one spelling and takes the version off it, so that routes are written once. */
export function dockerProtocol(serverVersion: string) {
  const server = `Docker/${serverVersion} (linux)`;
  return (request: Request, response: Response, next: Next): void => {
    response.setHeader('Api-Version', API_VERSION);
    response.setHeader('Ostype', 'linux');
    response.setHeader('Server', server);
    request.originalUrl = canonicalTarget(request.url);
    request.url = stripVersion(request.originalUrl);
    next();
  };
}
