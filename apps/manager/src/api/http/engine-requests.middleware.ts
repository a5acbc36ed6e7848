import type { NextFunction, Request, Response } from 'express';
import { isCode } from '#common/errors';
import type { EngineProxy } from '../engine/engine-proxy';

/** Passes on what is not about the swarm. Where this host has no engine, the routes that say so are left. */
export function engineRequests(proxy: EngineProxy) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (!proxy.isFor(request.url)) return next();
    proxy.forward(request, response, request.originalUrl).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else next(isCode(error, 'UNIMPLEMENTED') ? undefined : error);
    });
  };
}
