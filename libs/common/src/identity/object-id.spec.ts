import { isId, newId } from './object-id';

const IDS = 2_000;
const LENGTH = 25;
const CHARACTERS = 36;

describe('a new id', () => {
  const ids = Array.from({ length: IDS }, newId);

  it('has the form of one', () => {
    expect(ids.every(isId)).toBe(true);
  });

  it('is like no other', () => {
    expect(new Set(ids).size).toBe(IDS);
  });

  it('has every character as often as any other', () => {
    const counts = new Map<string, number>();
    for (const character of ids.join('')) counts.set(character, (counts.get(character) ?? 0) + 1);
    const wanted = (IDS * LENGTH) / CHARACTERS;
    expect(counts.size).toBe(CHARACTERS);
    // Eight standard deviations: once in more runs than there will be.
    const most = 8 * Math.sqrt(wanted);
    for (const count of counts.values()) expect(Math.abs(count - wanted)).toBeLessThan(most);
  });
});
