import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { RequestMethod } from '@nestjs/common';
import { ApiModule } from '../api.module';
import { AbsentController } from '../controllers/absent.controller';
import { ApiScenario } from '../testing/api-scenario';

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
  components: { schemas: Record<string, unknown> };
}

let scenario: ApiScenario;
let document: Document;
beforeEach(async () => {
  scenario = await ApiScenario.start();
  document = (await scenario.get('/v1.41/openapi.json')).json as Document;
});
afterEach(() => scenario.stop());

/** Every route that a controller declares, as the document writes it. */
function declaredRoutes(): string[] {
  const { controllers = [] } = ApiModule.register({ useFactory: () => ({}) as never });
  return controllers
    .filter((controller) => (controller as unknown) !== AbsentController)
    .flatMap((controller) => {
      const prototype = controller.prototype as Record<string, object>;
      const base = String(Reflect.getMetadata(PATH_METADATA, controller) ?? '');
      return Object.getOwnPropertyNames(prototype).flatMap((name) => {
        const method = Reflect.getMetadata(METHOD_METADATA, prototype[name] ?? {}) as RequestMethod | undefined;
        if (method === undefined) return [];
        const paths = [Reflect.getMetadata(PATH_METADATA, prototype[name] ?? {}) as string | string[]].flat();
        return paths.map((path) => `${RequestMethod[method].toLowerCase()} ${documented(`${base}/${path}`)}`);
      });
    })
    .sort();
}

function documented(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  // References to images have slashes in them.
  if (path === 'distribution/*') return '/distribution/{name}/json';
  return `/${parts.map((part) => part.replace(/^:(\w+)$/, '{$1}')).join('/')}`;
}

it('tells of every route that there is, and of no other', () => {
  const told = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(told.sort()).toEqual(declaredRoutes());
});

it('names no schema that it does not have', () => {
  const names = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name ?? '');
  const missing = [...new Set(names)].filter((name) => !(name in document.components.schemas));
  expect(missing).toEqual([]);
  expect(document.components.schemas['ServiceSpec']).toMatchObject({
    properties: { Name: { type: 'string' }, TaskTemplate: { $ref: '#/components/schemas/TaskSpec' } },
  });
  expect(JSON.stringify(document.components.schemas)).not.toContain('sealedData');
});

it('says for each route what may go wrong', () => {
  for (const methods of Object.values(document.paths)) {
    for (const { responses } of Object.values(methods))
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '503']));
  }
});
