import { aTask, NODE_ID } from '../../testing/a-task';
import { undescribedNode } from './describe-node';
import { expandTemplates } from './expand-templates';

const TASK_ID = '0123456789abcdefghijklmno';
const NODE = {
  ...undescribedNode({ hostname: 'host1', labels: {}, genericResources: [] }),
  platform: { architecture: 'x86_64', os: 'linux' },
};
const expanded = (container: object, slot = 3) =>
  expandTemplates({ ...aTask({ id: TASK_ID, slot, container }), serviceLabels: { tier: 'gold' } }, NODE).spec?.containerSpec;

it('a task’s templates are filled in with its service, its node and itself', () =>
  expect(
    expanded({
      Env: [
        'WHO={{.Service.Name}} {{.Service.ID}} {{.Service.Labels.tier}}',
        'WHERE={{.Node.Hostname}} {{.Node.ID}} {{.Node.Platform.Architecture}}/{{.Node.Platform.OS}}',
        'WHAT={{.Task.Name}} {{.Task.ID}} {{.Task.Slot}}',
      ],
      Hostname: '{{.Service.Name}}-{{.Task.Slot}}',
      Mounts: [{ Type: 'volume', Source: 'data-{{.Task.Slot}}', Target: '/{{.Service.Name}}' }],
    }),
  ).toMatchObject({
    env: ['WHO=web service0service0service00 gold', `WHERE=host1 ${NODE_ID} x86_64/linux`, `WHAT=web.3.${TASK_ID} ${TASK_ID} 3`],
    hostname: 'web-3',
    mounts: [{ source: 'data-3', target: '/web' }],
  }));

it('the slot of a global service’s task is its node', () =>
  expect(expanded({ Env: ['A={{.Task.Slot}} {{.Task.Name}}'] }, 0)?.env).toEqual([`A=${NODE_ID} web.${NODE_ID}.${TASK_ID}`]));

it('what cannot be filled in says which field it is', () =>
  expect(() => expanded({ Env: ['A={{slice .Node.Hostname 0 9}}'] })).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message:
        "expanding Env A failed: template '{{slice .Node.Hostname 0 9}}', character 3: slice: there is no 0 to 9 of 5 bytes",
    }),
  ));
