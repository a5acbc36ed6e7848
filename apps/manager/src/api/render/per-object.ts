/** As oncePerObject, of an object as it is shown beside another one. */
export function oncePerPair<T extends object, U extends object>(
  render: (object: T, other: U) => string,
): (object: T, other: U) => string {
  const texts = new WeakMap<U, (object: T) => string>();
  return (object, other) => {
    const known = texts.get(other) ?? oncePerObject((each: T) => render(each, other));
    texts.set(other, known);
    return known(object);
  };
}

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
