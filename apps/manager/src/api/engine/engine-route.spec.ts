import fc from 'fast-check';
import { canonicalTarget } from '../http/request-target';
import { mayTakeOver, routeOf } from './engine-route';

it.each([
  ['/services?x=1', { to: 'manager' }],
  ['/_ping', { to: 'manager' }],
  ['/networks/x', { to: 'manager' }],
  ['/containers/json?all=1', { to: 'host' }],
  ['/containers/create?name=x', { to: 'host' }],
  ['/containers/abc/json', { to: 'container', name: 'abc' }],
  ['/containers/web.1.x%20y/exec', { to: 'container', name: 'web.1.x y' }],
  ['/containers/abc', { to: 'container', name: 'abc' }],
  ['/exec/e1/start', { to: 'exec', id: 'e1' }],
  ['/build?t=x', { to: 'host' }],
  ['/session', { to: 'host' }],
  ['/nobody/knows', { to: 'host' }],
])('%s goes to %j', (url, route) => expect(routeOf(url)).toEqual(route));

it('every path that is let in goes somewhere', () =>
  fc.assert(
    fc.property(fc.string(), (path) => {
      const target = letIn(`/${path}`);
      if (target !== undefined) expect(['manager', 'container', 'exec', 'host']).toContain(routeOf(target).to);
    }),
  ));

it.each([
  ['POST', '/containers/abc/attach?stream=1', true],
  ['POST', '/exec/e1/start', true],
  ['POST', '/session', true],
  ['POST', '/grpc', true],
  ['GET', '/containers/abc/attach/ws?stream=1', true],
  ['GET', '/containers/abc/attach', false],
  ['GET', '/containers/abc/json', false],
  ['POST', '/containers/abc/attach/', false],
  ['POST', '/exec/e1/json?/exec/e1/start', false],
  ['POST', '/services/create', false],
  ['CONNECT', '/session', false],
])('%s %s may take over the connection: %s', (method, url, may) => expect(mayTakeOver(method, url)).toBe(may));

function letIn(target: string): string | undefined {
  try {
    return canonicalTarget(target);
  } catch {
    return undefined;
  }
}
