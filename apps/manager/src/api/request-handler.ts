import type { RequestListener } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import type { Express } from 'express';
import { dockerProtocol } from './http/docker-protocol.middleware';

/**
 * Makes a Nest application that imports ApiModule ready to serve, and returns its request handler. The application has to be
 * created with `bodyParser: false`: bodies are read where they are needed.
 */
export async function createRequestHandler(app: INestApplication, serverVersion: string): Promise<RequestListener> {
  const express = app.getHttpAdapter().getInstance() as Express;
  express.disable('x-powered-by');
  app.use(dockerProtocol(serverVersion));
  await app.init();
  return express;
}
