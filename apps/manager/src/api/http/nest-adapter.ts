import { createServer } from 'node:http';
import { AbstractHttpAdapter } from '@nestjs/core';
import type { Request, Response } from './exchange';
import { Router } from './router';

type Handler = Parameters<Router['add']>[2];

/** What Nest may ask of an adapter, and no route here needs. */
function notNeeded(): never {
  throw new Error('routes of the manager write their answers themselves');
}

/**
 * Nest over Node's own HTTP server. Routes get the requests and answers of Node itself: frameworks between them cost a quarter of a
 * request that is answered from memory.
 */
export class NestAdapter extends AbstractHttpAdapter {
  readonly router = new Router();

  constructor() {
    super();
    this.instance = this.router;
  }

  override use(...args: unknown[]): void {
    this.router.use(args.at(-1) as Parameters<Router['use']>[0]);
  }

  override get(...args: unknown[]): void {
    this.add('GET', args);
  }

  override post(...args: unknown[]): void {
    this.add('POST', args);
  }

  override put(...args: unknown[]): void {
    this.add('PUT', args);
  }

  override head(...args: unknown[]): void {
    this.add('HEAD', args);
  }

  override delete(...args: unknown[]): void {
    this.add('DELETE', args);
  }

  override all(...args: unknown[]): void {
    for (const method of ['GET', 'POST', 'PUT', 'HEAD', 'DELETE'] as const) this.add(method, args);
  }

  private add(method: Parameters<Router['add']>[0], args: readonly unknown[]): void {
    this.router.add(method, String(args[0]), args.at(-1) as Handler);
  }

  override setErrorHandler(handler: Parameters<Router['onError']>[0]): void {
    this.router.onError(handler);
  }

  override setNotFoundHandler(handler: Handler): void {
    this.router.onNotFound(handler);
  }

  /** Never listens: see HttpServer. */
  override initHttpServer(): void {
    this.httpServer = createServer();
  }

  override close(): void {}

  override getType(): string {
    return 'plain';
  }

  override getRequestHostname(request: Request): string {
    return request.headers.host ?? '';
  }

  override getRequestMethod(request: Request): string {
    return request.method;
  }

  override getRequestUrl(request: Request): string {
    return request.originalUrl;
  }

  override isHeadersSent(response: Response): boolean {
    return response.headersSent;
  }

  override status(response: Response, status: number): void {
    response.statusCode = status;
  }

  override getHeader(response: Response, name: string): unknown {
    return response.getHeader(name);
  }

  override setHeader(response: Response, name: string, value: string): void {
    response.setHeader(name, value);
  }

  override appendHeader(response: Response, name: string, value: string): void {
    response.appendHeader(name, value);
  }

  override end(response: Response, message?: string): void {
    response.end(message);
  }

  override registerParserMiddleware(): void {}

  override reply = notNeeded;
  override render = notNeeded;
  override redirect = notNeeded;
  override useStaticAssets = notNeeded;
  override setViewEngine = notNeeded;
  override enableCors = notNeeded;
  override createMiddlewareFactory = notNeeded;
  override applyVersionFilter = notNeeded;
}
