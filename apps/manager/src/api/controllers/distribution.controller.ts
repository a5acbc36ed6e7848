import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { Request, Response } from '../http/exchange';
import type { RegistryLogin } from '#common/domain';
import { DomainError, isCode } from '#common/errors';
import { registryAuthOf } from '../http/registry-auth';
import { sendJson } from '../http/send';
import { API_DEPENDENCIES, type ApiDependencies, type ImageDescription } from '../ports';
import { imageJson } from '../render/render-image';

/** What registries say of images: clients ask before they create or update a service, and pin its image. */
@Controller('distribution')
export class DistributionController {
  constructor(@Inject(API_DEPENDENCIES) private readonly api: ApiDependencies) {}

  /** References have slashes in them. */
  @Get('*')
  async inspect(@Param('*') path: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const [, name] = /^(.+)\/json$/.exec(path) ?? [];
    if (name === undefined) throw new DomainError('NOT_FOUND', 'page not found');
    const image = await this.describe(name, registryAuthOf(request.headers)?.login);
    sendJson(response, 200, imageJson(image));
  }

  private async describe(name: string, login: RegistryLogin | undefined): Promise<ImageDescription> {
    try {
      return await this.api.images.inspect(name, login);
    } catch (error) {
      // To a client of the API, these would say that the manager is not there.
      if (!isCode(error, 'UNAVAILABLE', 'DEADLINE_EXCEEDED')) throw error;
      throw new DomainError('FAILED_PRECONDITION', error.message, { cause: error });
    }
  }
}
