import type { Next, Request, Response } from './exchange';
import { isCode } from '#common/errors';
import type { ContainerRequests } from '../engine/container-requests';
import type { EngineProxy } from '../engine/engine-proxy';

/** Passes on what is not about the swarm. Where this host has no engine, the routes that say so are left. */
export function engineRequests(proxy: EngineProxy, containers: ContainerRequests) {
  return (request: Request, response: Response, next: Next): void => {
    const { method, url, originalUrl } = request;
    if (!proxy.isFor(url)) return next();
    const passing = containers.isCreation(method, url)
      ? containers.create(request, response, originalUrl)
      : proxy.forward(request, response, originalUrl);
    passing.catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else next(isCode(error, 'UNIMPLEMENTED') ? undefined : error);
    });
  };
}
