import { RegistryCredentials, type SealedValue } from '../proto';
import { writesOfCredentials, type CredentialsSource } from './credentials-writes';
import { testVault } from '../testing/test-vault';

const PLACE = 'registry-credentials/s1';
const seal = (value: Buffer): SealedValue => testVault().seal(value, PLACE);

const kept = (current?: string, previous?: string): RegistryCredentials | undefined =>
  current === undefined && previous === undefined
    ? undefined
    : {
        current: current === undefined ? undefined : seal(Buffer.from(current)),
        previous: previous === undefined ? undefined : seal(Buffer.from(previous)),
      };

const given = (auth?: string): CredentialsSource => ({ given: auth === undefined ? undefined : seal(Buffer.from(auth)) });

describe('the registry credentials of a service', () => {
  const text = (value: RegistryCredentials['current']): string => (value ? testVault().unseal(value, PLACE).toString() : '-');

  it.each([
    { name: 'of a new service are those given', before: kept(), source: given('a'), forget: false, after: 'a -' },
    { name: 'follow the specs when others are given', before: kept('a'), source: given('b'), forget: false, after: 'b a' },
    { name: 'stay when nothing is said', before: kept('a'), source: 'spec', forget: false, after: 'a a' },
    { name: 'go back with a rollback', before: kept('b', 'a'), source: 'previous-spec', forget: false, after: 'a b' },
    { name: 'are not kept for a spec that is gone', before: kept('b', 'a'), source: 'previous-spec', forget: true, after: 'a -' },
    { name: 'are kept for a rollback when none are given', before: kept('a'), source: given(), forget: false, after: '- a' },
    {
      name: 'are removed with the last spec that had some',
      before: kept(undefined, 'a'),
      source: 'spec',
      forget: false,
      after: 'deleted',
    },
    { name: 'are not written without any', before: kept(), source: 'spec', forget: false, after: 'nothing' },
  ] as const)('$name', ({ before, source, forget, after }) => {
    const [write] = writesOfCredentials('s1', before, source, forget);
    if (!write) return expect('nothing').toBe(after);
    expect(write.key).toBe('registry-credentials/s1');
    if (write.kind === 'delete') return expect('deleted').toBe(after);
    const { current, previous } = RegistryCredentials.decode(write.value);
    return expect(`${text(current)} ${text(previous)}`).toBe(after);
  });
});
