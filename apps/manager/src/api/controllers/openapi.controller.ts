import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from '../http/exchange';
import { sendJsonText } from '../http/send';
import { openApiDocument } from '../openapi/document';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';

/** What the API can do, for machines. */
@Controller('openapi.json')
export class OpenApiController {
  private text: string | undefined;

  constructor(@Inject(API_DEPENDENCIES) private readonly api: ApiDependencies) {}

  @Get()
  document(@Res() response: Response): void {
    this.text ??= JSON.stringify(openApiDocument(this.api.host.version));
    sendJsonText(response, 200, this.text);
  }
}
