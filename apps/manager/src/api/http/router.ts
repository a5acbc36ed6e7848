import type { IncomingMessage, ServerResponse } from 'node:http';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import { guarded } from '#common/concurrency';
import { pathOf, type Middleware, type Next, type Request, type Response } from './exchange';

type Handler = (request: Request, response: Response, next: Next) => unknown;
type ErrorHandler = (error: unknown, request: Request, response: Response, next: Next) => unknown;

/** References to images are the longest names that paths hold. */
const MAX_PARAMETER_LENGTH = 4096;

const goOn: Next = () => undefined;

/** Brings requests to their routes: first what happens to all of them, in order, then the route's handler. */
export class Router {
  private readonly middlewares: Middleware[] = [];
  private readonly routes = findMyWay({ maxParamLength: MAX_PARAMETER_LENGTH, ignoreTrailingSlash: true });
  private notFound: Handler | undefined;
  private failed: ErrorHandler | undefined;

  use(middleware: Middleware): void {
    this.middlewares.push(middleware);
  }

  add(method: HTTPMethod, path: string, handler: Handler): void {
    // The router of routes calls nothing itself: it only keeps the handlers.
    this.routes.on(method, path, () => undefined, { handler });
  }

  onNotFound(handler: Handler): void {
    this.notFound = handler;
  }

  onError(handler: ErrorHandler): void {
    this.failed = handler;
  }

  /** For an HTTP server. */
  readonly listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    const request = Object.assign(incoming, { originalUrl: incoming.url ?? '/', params: {} }) as Request;
    this.run(0, request, response);
  };

  private run(index: number, request: Request, response: Response): void {
    const middleware = this.middlewares[index];
    if (!middleware) return this.handle(request, response);
    let isOver = false;
    try {
      middleware(request, response, (error) => {
        if (isOver) return;
        isOver = true;
        if (error !== undefined) this.fail(error, request, response);
        else this.run(index + 1, request, response);
      });
    } catch (error) {
      this.fail(error, request, response);
    }
  }

  private handle(request: Request, response: Response): void {
    const { method, url } = request;
    try {
      // What can be read can be asked for its head.
      const found = this.find(method, url) ?? (method === 'HEAD' ? this.find('GET', url) : undefined);
      if (!found) return this.watch(this.notFound?.(request, response, goOn), request, response);
      request.params = found.params;
      this.watch(found.handler(request, response, goOn), request, response);
    } catch (error) {
      this.fail(error, request, response);
    }
  }

  private find(method: string, url: string): { handler: Handler; params: Request['params'] } | undefined {
    const found = this.routes.find(method as HTTPMethod, pathOf({ url }));
    return found ? { handler: (found.store as { handler: Handler }).handler, params: found.params } : undefined;
  }

  /** What a handler that takes longer ends with. */
  private watch(result: unknown, request: Request, response: Response): void {
    if (result instanceof Promise) result.catch((error: unknown) => this.fail(error, request, response));
  }

  /** An error that cannot even be answered ends the connection. */
  private readonly fail = guarded(
    (error: unknown, request: Request, response: Response) => {
      if (this.failed) return this.failed(error, request, response, goOn);
      return response.destroy();
    },
    (_failure, _error, _request, response) => response.destroy(),
  );
}
