import { Controller, Delete, Get, Param, Post, Put, Req, Res } from '@nestjs/common';
import { pathOf, type Request, type Response } from '../http/exchange';
import { DomainError } from '#common/errors';
import { sendJson } from '../http/send';

/** Kinds of which this manager has none: these lists are truly empty. */
const EMPTY_LISTS = ['plugins', 'containers/json', 'images/json'];

/** Reads that would need more than the cluster's state. */
const READS = ['system/df'];

/** What Docker's clients act on and this manager does not have. */
const KINDS = ['networks', 'volumes', 'plugins', 'containers', 'images', 'exec'];
const ACTIONS = [...KINDS.map((kind) => `${kind}/*`), 'build', 'auth', 'commit', 'session'];

/**
 * What is not there yet. Lists are empty, single objects are not found, and everything else says so. Clients that look in every
 * kind for a name (`docker inspect X`) rely on the 404s.
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

  @Get('volumes/:id')
  volume(@Param('id') id: string): never {
    throw notFound(`get ${id}: no such volume`);
  }

  @Get('plugins/*')
  plugin(@Param('*') path: string, @Req() request: Request): never {
    throw notFound(`plugin ${JSON.stringify(nameIn(path, request))} not found`);
  }

  @Get('containers/:id/json')
  container(@Param('id') id: string): never {
    throw notFound(`No such container: ${id}`);
  }

  @Get('images/*')
  image(@Param('*') path: string, @Req() request: Request): never {
    throw notFound(`No such image: ${nameIn(path, request)}`);
  }

  @Get(READS)
  read(@Req() request: Request): never {
    throw notAvailable(request);
  }

  @Post(ACTIONS)
  post(@Req() request: Request): never {
    throw notAvailable(request);
  }

  @Put(ACTIONS)
  put(@Req() request: Request): never {
    throw notAvailable(request);
  }

  @Delete(ACTIONS)
  delete(@Req() request: Request): never {
    throw notAvailable(request);
  }
}

/** Names have slashes in them: `library/nginx/json`. Other reads are not there. */
function nameIn(path: string, request: Request): string {
  const [, name] = /^(.+)\/json$/.exec(path) ?? [];
  if (name === undefined) throw notAvailable(request);
  return name;
}

function notFound(message: string): DomainError {
  return new DomainError('NOT_FOUND', message);
}

function notAvailable(request: Request): DomainError {
  return new DomainError('UNIMPLEMENTED', `${request.method} ${pathOf(request)} is not available on this manager yet`);
}
