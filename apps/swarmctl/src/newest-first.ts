/** Orders objects of the API by when they were made, the newest first. */
export function newestFirst(a: { readonly createdAt: string }, b: { readonly createdAt: string }): number {
  // As times, since fractions of a second are of any length; as text where they say the same to a millisecond.
  return Date.parse(b.createdAt) - Date.parse(a.createdAt) || b.createdAt.localeCompare(a.createdAt);
}
