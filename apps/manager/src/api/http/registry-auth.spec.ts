import { hasRegistryCredentials } from './registry-auth';

const headers = (value: unknown) => ({ 'x-registry-auth': Buffer.from(JSON.stringify(value)).toString('base64url') });

describe('credentials for a registry', () => {
  it.each([
    ['a user and password', { username: 'u', password: 'p', serveraddress: 'registry.test' }],
    ['a token', { identitytoken: 't' }],
  ])('are found in %s', (_what, auth) => {
    expect(hasRegistryCredentials(headers(auth))).toBe(true);
  });

  it.each([
    ['no header', {}],
    ['an empty header', { 'x-registry-auth': '' }],
    ['an empty object', headers({})],
    ['a spec, which one client sends there', headers({ Name: 'web', TaskTemplate: {} })],
    ['null', headers(null)],
    ['garbage', { 'x-registry-auth': '%%%' }],
  ])('are not found in %s', (_what, given) => {
    expect(hasRegistryCredentials(given)).toBe(false);
  });
});
