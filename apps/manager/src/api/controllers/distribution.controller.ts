import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DomainError } from '#common/errors';
import { registryCredentials } from '../http/registry-auth';
import { sendJson } from '../http/send';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';
import { isImageReference } from '../validate/image-reference';

/** What a registry says of an image: clients pin a service's image to the digest, and its placement to the platforms. */
@Controller('distribution')
export class DistributionController {
  constructor(@Inject(API_DEPENDENCIES) private readonly api: ApiDependencies) {}

  @Get('*name/json')
  async inspect(@Param('name') name: string[], @Req() request: Request, @Res() response: Response): Promise<void> {
    const image = name.join('/');
    if (!isImageReference(image)) throw new DomainError('INVALID_ARGUMENT', `invalid reference format: ${image}`);
    const { mediaType, digest, size, platforms } = await this.api.registry.inspect(image, registryCredentials(request.headers));
    sendJson(response, 200, { Descriptor: { mediaType, digest, size }, Platforms: platforms });
  }
}
