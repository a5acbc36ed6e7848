import { Controller, Get, Inject, Param, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from '../http/exchange';
import { queryOf } from '../http/query';
import { ClusterGuard } from '../http/store-synced.guard';
import { whenOver } from '../http/when-over';
import { SYSTEM_ERROR, toFrame } from '#common/docker-stream';
import { parseLogOptions, type LogOptions } from '../logs/log-options';
import { LogOutput } from '../logs/log-output';
import { followService, sendLogs, type LogJob } from '../logs/service-log';
import { findService, findTask } from '../lookup';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';

const CONTENT_TYPE = 'application/vnd.docker.raw-stream';

/** Logs of services and tasks, from whatever nodes they are on. */
@Controller()
@UseGuards(ClusterGuard)
export class LogsController {
  constructor(@Inject(API_DEPENDENCIES) private readonly api: ApiDependencies) {}

  @Get('services/:id/logs')
  async ofService(@Param('id') term: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const options = parseLogOptions(queryOf(request));
    const { view } = this.api.store;
    const { id } = findService(view, term);
    await this.send(response, options, (job) =>
      options.follow ? followService(id, job) : sendLogs(view.tasksOfService(id), job),
    );
  }

  @Get('tasks/:id/logs')
  async ofTask(@Param('id') term: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const options = parseLogOptions(queryOf(request));
    const task = findTask(this.api.store.view, term);
    await this.send(response, options, (job) => sendLogs([task], job));
  }

  private async send(response: Response, options: LogOptions, work: (job: LogJob) => Promise<string[]>): Promise<void> {
    const { store, engines } = this.api;
    const signal = whenOver(response);
    if (signal.aborted) return;
    response.writeHead(200, { 'Content-Type': CONTENT_TYPE });
    response.flushHeaders();
    const output = new LogOutput(response);
    const problems = await work({ store, engines, options, output, signal });
    if (problems.length > 0 && !signal.aborted) await output.write(toFrame(SYSTEM_ERROR, incomplete(problems)));
    response.end();
  }
}

/** In SwarmKit's words (manager/logbroker). */
function incomplete(problems: readonly string[]): string {
  return `Error grabbing logs: rpc error: code = Unknown desc = warning: incomplete log stream. some logs could not be retrieved for the following reasons: ${problems.join(', ')}`;
}
