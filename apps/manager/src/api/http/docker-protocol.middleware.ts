import type { Next, Request, Response } from './exchange';
import { API_VERSION, stripVersion } from './negotiate-version';

/** Puts Docker's headers on every answer and takes the version off the path, so that routes are written once. */
export function dockerProtocol(serverVersion: string) {
  const server = `Docker/${serverVersion} (linux)`;
  return (request: Request, response: Response, next: Next): void => {
    response.setHeader('Api-Version', API_VERSION);
    response.setHeader('Ostype', 'linux');
    response.setHeader('Server', server);
    request.url = stripVersion(request.url);
    next();
  };
}
