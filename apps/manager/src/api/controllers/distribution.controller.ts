import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { registryAuthOf } from '../http/registry-auth';
import { sendJson } from '../http/send';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';
import { imageJson } from '../render/render-image';

/** What registries say of images: clients ask before they create or update a service, and pin its image. */
@Controller('distribution')
export class DistributionController {
  constructor(@Inject(API_DEPENDENCIES) private readonly api: ApiDependencies) {}

  @Get('*name/json')
  async inspect(@Param('name') name: string[], @Req() request: Request, @Res() response: Response): Promise<void> {
    const image = await this.api.images.inspect(name.join('/'), registryAuthOf(request.headers)?.login);
    sendJson(response, 200, imageJson(image));
  }
}
