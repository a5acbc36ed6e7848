import { randomUUID } from 'node:crypto';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { pathOf, type Request, type Response } from './exchange';
import { isCode, ERROR_CODES } from '#common/errors';
import type { Logger } from '#common/logging';
import { HTTP_STATUS } from './http-status';
import { sendJson } from './send';

/** The one place where a thrown error becomes an answer. What nobody foresaw is logged here once, and only its id is told. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // What is left of an oversized body is not read, so nothing else can follow on this connection.
    if (isCode(error, 'TOO_LARGE')) response.setHeader('Connection', 'close');
    const { status, message } = this.answerTo(error, http.getRequest<Request>());
    sendJson(response, status, { message });
  }

  private answerTo(error: unknown, request: Request): { status: number; message: string } {
    if (isCode(error, ...ERROR_CODES)) {
      if (error.code === 'INTERNAL') return this.unforeseen(error, request);
      return { status: HTTP_STATUS[error.code], message: error.message };
    }
    // Nest reports a path without a route, and one that cannot be decoded, as exceptions of its own.
    if (error instanceof HttpException && error.getStatus() === 404) return { status: 404, message: 'page not found' };
    if (error instanceof HttpException && error.getStatus() < 500) return { status: error.getStatus(), message: error.message };
    return this.unforeseen(error, request);
  }

  private unforeseen(error: unknown, request: Request): { status: number; message: string } {
    const requestId = randomUUID();
    this.logger.error({ err: error, requestId, method: request.method, path: pathOf(request) }, 'request failed');
    return { status: 500, message: `internal error, logged by the manager as request ${requestId}` };
  }
}
