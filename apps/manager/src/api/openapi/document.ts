import { allMessageSchemas, type FieldKind, type FieldSchema, type MessageSchema } from '#common/wire';
import { API_VERSION } from '../http/negotiate-version';
import type { JsonObject } from '../render/json-parts';
import { ROUTES, type Content, type DocumentedRoute } from './routes';

const DESCRIPTION = `The swarm part of the Docker Engine API ${API_VERSION}, and what swarmctl adds to it. Paths may begin with a version, as in
/v${API_VERSION}/services. Keys of JSON are taken in any letter case, unknown ones are ignored. What is not described here
(containers, exec, images, build, volumes, and so on) is passed to an engine: /containers/{id} and /exec/{id} to that of the node
where the container is, everything else to that of the manager's host.`;

/** Statuses that a route may have besides its own. */
const USUAL = { 400: 'What was sent cannot be accepted; the message names the field', 503: 'No cluster, or no store; try again' };
const WITH_ID = { 404: 'There is no such object' };
const WITH_VERSION = { 500: 'The version is not the newest: "update out of sequence"' };

const OWN_SCHEMAS: JsonObject = {
  Any: { type: 'object', additionalProperties: true },
  Text: { type: 'string' },
  Error: { type: 'object', required: ['message'], properties: { message: { type: 'string' } } },
  Created: {
    type: 'object',
    required: ['ID'],
    properties: { ID: { type: 'string' }, Warnings: { type: 'array', nullable: true, items: { type: 'string' } } },
  },
  NewVersion: {
    type: 'object',
    required: ['ID', 'New', 'Services'],
    properties: { ID: { type: 'string' }, New: { type: 'boolean' }, Services: { type: 'array', items: { type: 'string' } } },
  },
};

/** The OpenAPI document of the whole API. Schemas come from the messages that the API is made of. */
export function openApiDocument(version: string): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const route of ROUTES) paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  const messages = allMessageSchemas().map((schema) => [schema.name, messageJson(schema)]);
  return {
    openapi: '3.0.3',
    info: { title: 'swarmctl', version, description: DESCRIPTION },
    paths,
    components: { schemas: { ...(Object.fromEntries(messages) as JsonObject), ...OWN_SCHEMAS } },
  };
}

function operation(route: DocumentedRoute): JsonObject {
  const { summary, path, query = {}, body, answers } = route;
  const ids = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const failures = { ...USUAL, ...(ids.length > 0 ? WITH_ID : {}), ...('version' in query ? WITH_VERSION : {}) };
  return {
    summary,
    tags: [path.split('/')[1]],
    parameters: [
      ...ids.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...Object.entries(query).map(([name, description]) => ({ name, in: 'query', description, schema: { type: 'string' } })),
    ],
    ...(body === undefined ? {} : { requestBody: { required: true, content: jsonContent(body) } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, content]) => [status, answer(content)])),
      ...Object.fromEntries(
        Object.entries(failures).map(([status, description]) => [status, { description, content: jsonContent('Error') }]),
      ),
    },
  };
}

function answer(content: Content | null): JsonObject {
  if (content === null) return { description: 'Done' };
  if (typeof content === 'object' && 'as' in content) {
    const { as, description } = content;
    return { description, content: { [as]: { schema: { type: 'string', format: 'binary' } } } };
  }
  return { description: content === 'Error' ? 'Refused' : 'Done', content: jsonContent(content) };
}

function jsonContent(content: string | { readonly listOf: string }): JsonObject {
  const schema = typeof content === 'string' ? reference(content) : { type: 'array', items: reference(content.listOf) };
  return { 'application/json': { schema } };
}

function reference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

/** Fields that are ours and never shown have names that begin with a small letter. */
function messageJson({ fields }: MessageSchema): JsonObject {
  const shown = [...fields.values()].filter(({ jsonName }) => /^[A-Z]/.test(jsonName));
  return { type: 'object', properties: Object.fromEntries(shown.map((field) => [field.jsonName, fieldJson(field)])) };
}

function fieldJson({ kind, repeated }: FieldSchema): JsonObject {
  return repeated ? { type: 'array', items: kindJson(kind) } : kindJson(kind);
}

function kindJson(kind: FieldKind): JsonObject {
  switch (kind.is) {
    case 'string':
      return { type: 'string' };
    case 'bool':
      return { type: 'boolean' };
    case 'float':
      return { type: 'number' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'strings':
      return { type: 'array', items: { type: 'string' } };
    case 'integer':
      return { type: 'integer', minimum: kind.min, maximum: kind.max };
    case 'enum':
      return kind.values.length > 0 ? { type: 'string', enum: kind.values } : { type: 'string' };
    case 'message':
      return reference(kind.name);
    case 'map':
      return { type: 'object', additionalProperties: kindJson(kind.value) };
  }
}
