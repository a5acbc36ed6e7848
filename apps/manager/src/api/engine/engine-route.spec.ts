import fc from 'fast-check';
import { routeOf } from './engine-route';

it.each([
  ['/services?x=1', { to: 'manager' }],
  ['/_ping', { to: 'manager' }],
  ['/networks/x', { to: 'manager' }],
  ['/containers/json?all=1', { to: 'host' }],
  ['/containers/create?name=x', { to: 'host' }],
  ['/containers/abc/json', { to: 'container', name: 'abc' }],
  ['/containers/web.1.x%2Fy/exec', { to: 'container', name: 'web.1.x/y' }],
  ['/containers/abc', { to: 'container', name: 'abc' }],
  ['/exec/e1/start', { to: 'exec', id: 'e1' }],
  ['/build?t=x', { to: 'host' }],
  ['/session', { to: 'host' }],
  ['/nobody/knows', { to: 'host' }],
])('%s goes to %j', (url, route) => expect(routeOf(url)).toEqual(route));

it('every path goes somewhere', () =>
  fc.assert(
    fc.property(fc.string(), (path) => {
      expect(['manager', 'container', 'exec', 'host']).toContain(routeOf(`/${path}`).to);
    }),
  ));
