import type { IncomingMessage, RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import type { Express } from 'express';
import { ContainerRequests } from './engine/container-requests';
import { EngineProxy } from './engine/engine-proxy';
import { dockerProtocol } from './http/docker-protocol.middleware';
import { engineRequests } from './http/engine-requests.middleware';

/** What an HTTP server is given to do. */
export interface RequestHandlers {
  readonly request: RequestListener;
  /** For requests that ask for the connection itself. `head`: what has arrived after the request. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/**
 * Makes a Nest application that imports ApiModule ready to serve, and returns its request handlers. The application has to be
 * created with `bodyParser: false`: bodies are read where they are needed.
 */
export async function createRequestHandlers(app: INestApplication, serverVersion: string): Promise<RequestHandlers> {
  const express = app.getHttpAdapter().getInstance() as Express;
  const proxy = app.get(EngineProxy);
  express.disable('x-powered-by');
  app.use(dockerProtocol(serverVersion));
  app.use(engineRequests(proxy, app.get(ContainerRequests)));
  await app.init();
  return { request: express, upgrade: (request, socket, head) => void proxy.upgrade(request, socket, head) };
}
