import { isLogin, parseRegistryAuth } from './registry-login';

const header = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const fieldsOf = (text: string | undefined): unknown => JSON.parse(Buffer.from(text ?? '', 'base64url').toString());

describe('X-Registry-Auth', () => {
  it.each([
    ['a user and password', { username: 'u', password: 'p', serveraddress: 'registry.test' }],
    ['an identity token', { identitytoken: 't' }],
    ['a registry token', { registrytoken: 't' }],
  ])('holds %s', (_what, fields) => {
    const auth = parseRegistryAuth(header(fields));
    expect(auth && isLogin(auth.login)).toBe(true);
    expect(fieldsOf(auth?.header)).toEqual(fields);
  });

  it('is read in any letter case, as Go reads it, and passed on without what is unknown', () => {
    const auth = parseRegistryAuth(header({ Username: 'u', PASSWORD: 'p', Extra: { a: 1 }, email: 7 }));
    expect(auth?.login).toMatchObject({ username: 'u', password: 'p' });
    expect(fieldsOf(auth?.header)).toEqual({ username: 'u', password: 'p' });
  });

  it('is passed on in the padded alphabet that engines read', () => {
    const auth = parseRegistryAuth(header({ username: 'u', password: '~~~???' }));
    expect(auth?.header).toMatch(/^[A-Za-z0-9_-]+=*$/);
    expect((auth?.header.length ?? 1) % 4).toBe(0);
  });

  it.each([
    ['an empty object', {}],
    ['a server alone', { serveraddress: 'registry.test' }],
    ['empty fields', { username: '', password: '' }],
  ])('may say that nobody is logged in: %s', (_what, fields) => {
    const auth = parseRegistryAuth(header(fields));
    expect(auth && isLogin(auth.login)).toBe(false);
  });

  it.each([
    ['a spec, which one client sends there', header({ Name: 'web', TaskTemplate: {} })],
    ['null', header(null)],
    ['a list', header(['username'])],
    ['garbage', '%%%'],
    ['nothing', ''],
  ])('says nothing when it holds %s', (_what, text) => expect(parseRegistryAuth(text)).toBeUndefined());
});
