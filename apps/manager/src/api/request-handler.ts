import type { IncomingMessage, RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import { ContainerRequests } from './engine/container-requests';
import { EngineProxy } from './engine/engine-proxy';
import { dockerProtocol } from './http/docker-protocol.middleware';
import type { NestAdapter } from './http/nest-adapter';
import { engineRequests } from './http/engine-requests.middleware';
import { upgrades, type Resume } from './http/upgrades';

/** What an HTTP server is given to do. */
export interface RequestHandlers {
  readonly request: RequestListener;
  /** For requests that ask for the connection itself. `head`: what has arrived after the request. Never rejects. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, resume: Resume) => Promise<void>;
}

/**
 * Makes a Nest application on a NestAdapter that imports ApiModule ready to serve, and returns its request handlers. The application has to be
 * created with `bodyParser: false`: bodies are read where they are needed.
 */
export async function createRequestHandlers(app: INestApplication, serverVersion: string): Promise<RequestHandlers> {
  const { router } = app.getHttpAdapter() as NestAdapter;
  const proxy = app.get(EngineProxy);
  app.use(dockerProtocol(serverVersion));
  app.use(engineRequests(proxy, app.get(ContainerRequests)));
  await app.init();
  return { request: router.listener, upgrade: upgrades(proxy) };
}
