import fc from 'fast-check';
import { testVault } from '../testing/test-vault';

const PLACE = 'secrets/s1';
const vault = testVault();

describe('a sealed value', () => {
  it('opens as what it was, and shows nothing of it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 300 }), (bytes) => {
        const sealed = vault.seal(bytes, PLACE);
        expect(vault.unseal(sealed, PLACE)).toEqual(Buffer.from(bytes));
        expect(sealed.value.includes(Buffer.from(bytes))).toBe(false);
      }),
    );
  });

  it('is another one each time', () => {
    const [a, b] = [vault.seal(Buffer.from('x'), PLACE), vault.seal(Buffer.from('x'), PLACE)];
    expect(a.value).not.toEqual(b.value);
  });

  it.each([
    { name: 'at another place', change: {}, place: 'secrets/s2', problem: 'cannot be opened' },
    { name: 'once it was changed', change: { value: Buffer.alloc(20) }, place: PLACE, problem: 'cannot be opened' },
    { name: 'when it is cut short', change: { value: Buffer.alloc(3) }, place: PLACE, problem: 'cannot be opened' },
    { name: 'without its key', change: { keyId: 'k1' }, place: PLACE, problem: "does not have the sealing key 'k1'" },
  ])('cannot be opened $name', ({ change, place, problem }) => {
    const sealed = { ...vault.seal(Buffer.from('value'), PLACE), ...change };
    expect(() => vault.unseal(sealed, place)).toThrow(problem);
  });
});
