import { Controller, Get, Inject, Param, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from '../http/exchange';
import { parseTaskFilters, selectTasks } from '../filters/task-filters';
import { queryOf } from '../http/query';
import { sendJson, sendJsonList, sendJsonText } from '../http/send';
import { ClusterGuard } from '../http/store-synced.guard';
import { findTask } from '../lookup';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';
import { explanationJson } from '../render/render-explanation';
import { renderTask } from '../render/render-task';

@Controller('tasks')
@UseGuards(ClusterGuard)
export class TasksController {
  constructor(@Inject(API_DEPENDENCIES) private readonly api: ApiDependencies) {}

  @Get()
  async list(@Req() request: Request, @Res() response: Response): Promise<void> {
    const filters = parseTaskFilters(queryOf(request).get('filters'));
    await sendJsonList(response, selectTasks(this.api.store.view, filters, this.api.isUpToDate), renderTask);
  }

  @Get(':id')
  inspect(@Param('id') id: string, @Res() response: Response): void {
    sendJsonText(response, 200, renderTask(findTask(this.api.store.view, id)));
  }

  @Get(':id/explain')
  explain(@Param('id') id: string, @Res() response: Response): void {
    const { store, explainTask } = this.api;
    const task = findTask(store.view, id);
    sendJson(
      response,
      200,
      explanationJson(task, explainTask(task), (nodeId) => store.view.node(nodeId)),
    );
  }
}
