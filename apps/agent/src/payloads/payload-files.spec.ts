import type { Payload } from '#common/dispatcher-proto';
import { NodeDescription } from '#common/proto';
import { aTask } from '../testing/a-task';
import { fileTargets, toPayloadFiles } from './payload-files';

const NODE = NodeDescription.fromPartial({ hostname: 'n1' });
const payload = (text: string, fields: Partial<Payload> = {}): Payload => ({
  id: 'p',
  data: Buffer.from(text),
  templated: false,
  problem: '',
  ...fields,
});
const secret = (id: string, file: object = { Name: id }): object => ({ SecretID: id, SecretName: id, File: file });
const config = (id: string, file: object = { Name: id }): object => ({ ConfigID: id, ConfigName: id, File: file });
const files = (container: object, payloads: Record<string, Payload>) =>
  toPayloadFiles(aTask({ container }), NODE, (_, id) => payloads[id]);

it('secrets go below /run/secrets and configs to the root, unless they name another place', () => {
  const task = aTask({
    container: {
      Secrets: [secret('a'), secret('b', { Name: '/etc/b' }), secret('c', { Name: 'sub/c' })],
      Configs: [config('d'), config('e', { Name: '/etc/e' }), { ConfigID: 'f', ConfigName: 'f', Runtime: {} }],
    },
  });
  expect(fileTargets(task).map(({ target }) => target)).toEqual([
    '/run/secrets/a',
    '/etc/b',
    '/run/secrets/sub/c',
    '/d',
    '/etc/e',
  ]);
});

it('files have the owner and mode that are asked for, else everybody may read them', () => {
  const [plain, own] = files(
    { Secrets: [secret('a'), secret('b', { Name: 'b', UID: '101', GID: '102', Mode: 0o400 })] },
    { a: payload('1'), b: payload('2') },
  );
  expect(plain).toMatchObject({ uid: 0, gid: 0, mode: 0o444, data: Buffer.from('1') });
  expect(own).toMatchObject({ uid: 101, gid: 102, mode: 0o400, data: Buffer.from('2') });
});

it('templates name the task, its environment, and its other secrets and configs by target', () => {
  const text = '{{.Task.Slot}} {{.Node.Hostname}} {{env "A"}} [{{env "B"}}] {{secret "pw"}} {{config "cf"}}';
  const container = {
    Env: ['A=x{{.Service.Name}}'],
    Secrets: [secret('s', { Name: 'pw' })],
    Configs: [config('c', { Name: 'cf' }), config('t', { Name: 'out' })],
  };
  const made = files(container, { s: payload('pass'), c: payload('conf'), t: payload(text, { templated: true }) });
  expect(made.at(-1)?.data.toString()).toBe('1 n1 xweb [] pass conf');
});

it('bytes that are no template pass as they are', () => {
  const data = Buffer.from([0, 255, 254, 123, 123]);
  expect(files({ Secrets: [secret('s')] }, { s: payload('', { data }) })[0]?.data).toEqual(data);
});

it.each([
  { name: 'was not sent', payloads: {}, problem: 'secret s was not sent to this node' },
  { name: 'has been removed', payloads: { s: payload('', { problem: 'secret s has been removed' }) }, problem: 'been removed' },
  {
    name: 'names a target that is not there',
    payloads: { s: payload('hidden {{secret "nope"}}', { templated: true }) },
    problem: 'expanding secret s failed: its template cannot be filled in at character 10',
  },
])('a secret that $name is not written, and its value is not in the reason', ({ payloads, problem }) => {
  const attempt = (): unknown => files({ Secrets: [secret('s')] }, payloads as Record<string, Payload>);
  expect(attempt).toThrow(problem);
  expect(attempt).not.toThrow('hidden');
});

it('an owner has to be a number', () =>
  expect(() => files({ Secrets: [secret('s', { Name: 's', UID: 'root' })] }, { s: payload('1') })).toThrow(
    "secret s: File.UID 'root' is no number",
  ));
