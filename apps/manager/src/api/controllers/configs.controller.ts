import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Config } from '#common/proto';
import { CONFIG } from '../commands/payload-kind';
import { ClusterGuard } from '../http/store-synced.guard';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';
import { PayloadRoutes } from './payload-routes';
import { CONFIG_COMMANDS, type ConfigCommands } from '../payload-commands.providers';

@Controller('configs')
@UseGuards(ClusterGuard)
export class ConfigsController {
  private readonly routes: PayloadRoutes<Config>;

  constructor(@Inject(API_DEPENDENCIES) api: ApiDependencies, @Inject(CONFIG_COMMANDS) commands: ConfigCommands) {
    this.routes = new PayloadRoutes(CONFIG, api, commands);
  }

  @Get()
  async list(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.routes.list(request, response);
  }

  @Post('create')
  async create(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.routes.create(request, response);
  }

  @Get(':id')
  inspect(@Param('id') id: string, @Res() response: Response): void {
    this.routes.inspect(id, response);
  }

  @Post(':id/update')
  async update(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    await this.routes.update(id, request, response);
  }

  /** Ours: a new value, which the services that use it are changed to. */
  @Post(':id/versions')
  async addVersion(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    await this.routes.addVersion(id, request, response);
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@Param('id') id: string): Promise<void> {
    await this.routes.remove(id);
  }
}
