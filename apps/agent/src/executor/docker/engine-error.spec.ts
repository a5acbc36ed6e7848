import { DomainError } from '#common/errors';
import { isAlreadyDone, toDomainError } from './engine-error';

const refusal = (statusCode: number, message: string, json: unknown = { message }) =>
  Object.assign(new Error(`(HTTP code ${statusCode}) server error - ${message} `), { statusCode, json });

it.each([
  [400, 'INVALID_ARGUMENT'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [409, 'ALREADY_EXISTS'],
  [500, 'INTERNAL'],
  [503, 'UNAVAILABLE'],
])('an answer %i is %s in the engine’s own words', (statusCode, code) =>
  expect(toDomainError('start', refusal(statusCode, 'so it is'))).toMatchObject({ code, message: 'so it is' }),
);

it('finds the engine’s words where dockerode hides them', () =>
  expect(toDomainError('pull', refusal(500, 'no route - to host', null)).message).toBe('no route - to host'));

it('knows a full disk', () =>
  expect(toDomainError('create', refusal(500, 'mkdir /x: no space left on device')).code).toBe('RESOURCE_EXHAUSTED'));

it('no answer is an engine that is not available, and says which call went without', () =>
  expect(toDomainError('start', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }))).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'the engine does not answer (start): socket hang up',
  }));

it('an aborted request was interrupted', () =>
  expect(toDomainError('start', Object.assign(new Error('aborted'), { name: 'AbortError' })).code).toBe('CANCELLED'));

it('our own errors stay what they are', () => {
  const own = new DomainError('DEADLINE_EXCEEDED', 'late');
  expect(toDomainError('start', own)).toBe(own);
});

it('a container that is already started or stopped is no trouble', () => {
  expect(isAlreadyDone(refusal(304, 'container already started'))).toBe(true);
  expect(isAlreadyDone(refusal(404, 'no such container'))).toBe(false);
});
