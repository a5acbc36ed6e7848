import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DomainError } from '#common/errors';
import { parseFilters, passes } from '../filters/parse-filters';
import { queryOf } from '../http/query';
import { sendJson } from '../http/send';
import { findPredefinedNetwork, PREDEFINED_NETWORKS, type PredefinedNetwork } from '../predefined-networks';
import { ZERO_TIME, type JsonObject } from '../render/json-parts';

const ACCEPTED_FILTERS = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];
const SCOPE = 'swarm';

/** The networks that every engine has by itself, so that services can be attached to them. */
@Controller('networks')
export class NetworksController {
  @Get()
  list(@Req() request: Request, @Res() response: Response): void {
    const filters = parseFilters(queryOf(request).get('filters'), ACCEPTED_FILTERS);
    const networks = PREDEFINED_NETWORKS.filter(
      ({ name, driver }) =>
        passes(filters, 'id', (prefix) => name.startsWith(prefix)) &&
        passes(filters, 'name', (part) => name.includes(part)) &&
        passes(filters, 'driver', (wanted) => driver === wanted) &&
        passes(filters, 'scope', (scope) => scope === SCOPE) &&
        passes(filters, 'type', (type) => type === 'builtin') &&
        !filters.has('label'),
    );
    sendJson(response, 200, networks.map(networkJson));
  }

  @Get(':id')
  inspect(@Param('id') id: string, @Res() response: Response): void {
    const network = findPredefinedNetwork(id);
    if (!network) throw new DomainError('NOT_FOUND', `network ${id} not found`);
    sendJson(response, 200, networkJson(network));
  }
}

function networkJson({ name, driver }: PredefinedNetwork): JsonObject {
  return {
    Name: name,
    Id: name,
    Created: ZERO_TIME,
    Scope: SCOPE,
    Driver: driver,
    EnableIPv6: false,
    IPAM: { Driver: '', Options: null, Config: [] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: null,
    Options: null,
    Labels: { 'com.docker.swarm.predefined': 'true' },
  };
}
