import { unseal } from '#common/domain';
import { ApiScenario, spec, type InspectedService } from '../testing/api-scenario';

const header = (user: string): { 'x-registry-auth': string } => ({
  'x-registry-auth': Buffer.from(JSON.stringify({ username: user, password: `secret-${user}` })).toString('base64url'),
});

describe('credentials for the registry of a service', () => {
  let scenario: ApiScenario;
  beforeEach(async () => {
    scenario = await ApiScenario.start();
  });
  afterEach(() => scenario.stop());

  const web = async (): Promise<InspectedService> => (await scenario.get('/services/web')).json as InspectedService;
  /** Whose credentials are kept for the current and the previous spec. */
  async function kept(): Promise<[string | undefined, string | undefined]> {
    const credentials = scenario.store.view.registryCredentials((await web()).ID);
    const user = (sealed: Parameters<typeof unseal>[0]): string | undefined => {
      const text = unseal(sealed);
      return text === undefined
        ? undefined
        : (JSON.parse(Buffer.from(text, 'base64url').toString()) as { username: string }).username;
    };
    return [user(credentials?.current), user(credentials?.previous)];
  }
  async function update(query = '', headers = {}): Promise<void> {
    const { Version, Spec } = await web();
    const path = `/services/web/update?version=${Version.Index}${query}`;
    const { status } = await scenario.post(path, { ...Spec, Labels: { at: String(Version.Index) } }, headers);
    expect(status).toBe(200);
  }

  it('are kept with the service, and never shown', async () => {
    const created = await scenario.post('/services/create', spec('web'), header('ann'));
    expect(await kept()).toEqual(['ann', undefined]);
    expect(created.text + JSON.stringify(await web())).not.toMatch(/secret-ann|registry-auth/i);
  });

  it.each([
    { name: 'stay without new ones', query: '', headers: {}, after: ['ann', 'ann'] },
    { name: 'are replaced by new ones', query: '', headers: header('bob'), after: ['bob', 'ann'] },
    {
      name: 'are those of the spec where that is asked for',
      query: '&registryAuthFrom=spec',
      headers: {},
      after: ['ann', 'ann'],
    },
  ])('$name on an update', async ({ query, headers, after }) => {
    await scenario.post('/services/create', spec('web'), header('ann'));
    await update(query, headers);
    expect(await kept()).toEqual(after);
  });

  it('come back with the previous spec, on a rollback or where that is asked for', async () => {
    await scenario.post('/services/create', spec('web'), header('ann'));
    await update('', header('bob'));
    await update('&registryAuthFrom=previous-spec');
    expect(await kept()).toEqual(['ann', 'bob']);
    await update('&rollback=previous');
    expect(await kept()).toEqual(['bob', 'ann']);
  });

  it('go with the service', async () => {
    await scenario.post('/services/create', spec('web'), header('ann'));
    const { ID } = await web();
    await scenario.delete('/services/web');
    expect(scenario.store.view.registryCredentials(ID)).toBeUndefined();
  });
});
