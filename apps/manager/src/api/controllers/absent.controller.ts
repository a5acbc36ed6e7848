import { Controller, Delete, Get, Param, Post, Put, Res } from '@nestjs/common';
import type { Response } from 'express';
import { DomainError } from '#common/errors';
import { sendJson } from '../http/send';

const EMPTY_LISTS = ['secrets', 'configs', 'plugins', 'containers/json', 'images/json'];

/** Actions of Docker's API on what is not there yet. */
const ACTIONS = ['secrets', 'configs', 'networks', 'volumes', 'plugins', 'containers', 'images', 'swarm', 'exec', 'build', 'auth'].flatMap(
  (kind) => [kind, `${kind}/*rest`],
);

/**
 * Kinds of objects that this manager does not have yet: lists are truly empty, single objects are not found, and to act on
 * them says so. Clients that look in every kind for a name (`docker inspect X`) rely on the 404s.
 */
@Controller()
export class AbsentController {
  @Get(EMPTY_LISTS)
  emptyList(@Res() response: Response): void {
    sendJson(response, 200, []);
  }

  @Get('volumes')
  volumes(@Res() response: Response): void {
    sendJson(response, 200, { Volumes: [], Warnings: null });
  }

  @Get('secrets/:id')
  secret(@Param('id') id: string): never {
    throw notFound(`secret ${id} not found`);
  }

  @Get('configs/:id')
  config(@Param('id') id: string): never {
    throw notFound(`config ${id} not found`);
  }

  @Get('volumes/:id')
  volume(@Param('id') id: string): never {
    throw notFound(`get ${id}: no such volume`);
  }

  @Get('plugins/*name')
  plugin(@Param('name') name: string | string[]): never {
    throw notFound(`plugin ${JSON.stringify(nameBefore('json', name))} not found`);
  }

  @Get('containers/:id/json')
  container(@Param('id') id: string): never {
    throw notFound(`No such container: ${id}`);
  }

  @Get('images/*name')
  image(@Param('name') name: string | string[]): never {
    throw notFound(`No such image: ${nameBefore('json', name)}`);
  }

  @Get('distribution/*name')
  distribution(): never {
    throw unavailable('looking up images in registries');
  }

  @Get(['services/:id/logs', 'tasks/:id/logs'])
  logs(): never {
    throw unavailable('reading the logs of services');
  }

  @Get(['events', 'system/df', 'swarm/unlockkey'])
  read(): never {
    throw unavailable('this request');
  }

  @Post(ACTIONS)
  post(): never {
    throw unavailable('this action');
  }

  @Put(ACTIONS)
  put(): never {
    throw unavailable('this action');
  }

  @Delete(ACTIONS)
  delete(): never {
    throw unavailable('this action');
  }
}

/** The segments of a wildcard path without the verb at their end: image names have slashes in them. */
function nameBefore(verb: string, segments: string | string[]): string {
  const path = Array.isArray(segments) ? segments : segments.split('/');
  return (path.at(-1) === verb ? path.slice(0, -1) : path).join('/');
}

function notFound(message: string): DomainError {
  return new DomainError('NOT_FOUND', message);
}

function unavailable(what: string): DomainError {
  return new DomainError('UNIMPLEMENTED', `${what} is not available on this manager yet`);
}
