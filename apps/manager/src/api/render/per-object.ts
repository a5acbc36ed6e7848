/**
 * Remembers the text of each object for as long as the object lives. Objects of the view never change (a change makes a new
 * one), so the text stays true; clients that poll five times a second make the same answer be asked for over and over.
 */
export function oncePerObject<T extends object>(render: (object: T) => string): (object: T) => string {
  const texts = new WeakMap<T, string>();
  return (object) => {
    const known = texts.get(object);
    if (known !== undefined) return known;
    const text = render(object);
    texts.set(object, text);
    return text;
  };
}
