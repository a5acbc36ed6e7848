import fc from 'fast-check';
import { isCode } from '#common/errors';
import { chooseAddress } from './address';

describe('the manager is found', () => {
  const all = { SWARMCTL_HOST: 'tcp://a:1', DOCKER_HOST: 'tcp://b:2' };

  it.each([
    { name: 'by --host first', flag: 'tcp://c:3', env: all, text: 'tcp://c:3', chosenBy: 'from --host' },
    { name: 'then by SWARMCTL_HOST', env: all, text: 'tcp://a:1', chosenBy: 'from SWARMCTL_HOST' },
    { name: 'then by DOCKER_HOST', env: { ...all, SWARMCTL_HOST: '' }, text: 'tcp://b:2', chosenBy: 'from DOCKER_HOST' },
  ])('$name', ({ flag, env, ...expected }) => {
    const { text, chosenBy } = chooseAddress({ host: flag }, env);
    expect({ name: expected.name, text, chosenBy }).toEqual(expected);
  });

  it('at the default socket without any', () => {
    const { target, chosenBy } = chooseAddress({}, { DOCKER_HOST: '' });
    expect(target).toEqual({ socketPath: '/run/swarmctl/manager.sock' });
    expect(chosenBy).toContain('neither --host nor SWARMCTL_HOST nor DOCKER_HOST');
  });
});

it.each([
  ['unix:///tmp/m.sock', { socketPath: '/tmp/m.sock' }],
  ['tcp://10.0.0.5:2377', { host: '10.0.0.5', port: 2377 }],
  ['tcp://[::1]:2377', { host: '::1', port: 2377 }],
  ['tcp://manager.example:80/', { host: 'manager.example', port: 80 }],
  ['http://manager:80', { host: 'manager', port: 80 }],
])('%s', (text, target) => expect(chooseAddress({ host: text }, {}).target).toEqual(target));

it.each([
  ['ssh://root@host', 'ssh:// is not supported'],
  ['tcp://host', 'it needs a host and a port'],
  ['tcp://host:99999', 'it needs a host and a port'],
  ['http://host:80/path', 'it needs a host and a port and nothing else'],
  ['unix://relative.sock', 'starts with a slash'],
  ['/run/m.sock', 'does not say how to connect'],
  ['', 'does not say how to connect'],
])("refuses '%s'", (text, why) => {
  expect(() => chooseAddress({ host: text }, {})).toThrow(`cannot use the address '${text}' (from --host): `);
  expect(() => chooseAddress({ host: text }, {})).toThrow(why);
});

it('takes any address or refuses it as a usage error', () => {
  const near = fc.tuple(fc.constantFrom('tcp://', 'unix://', 'http://', 'x://', ''), fc.string()).map((parts) => parts.join(''));
  fc.assert(
    fc.property(near, (text) => {
      try {
        chooseAddress({ host: text }, {});
        return true;
      } catch (error) {
        return isCode(error, 'INVALID_ARGUMENT');
      }
    }),
  );
});
