import { Assignments_Type } from '#common/dispatcher-proto';
import { followSequence } from './assignment-sequence';

const set = (type: Assignments_Type, appliesTo: number, resultsIn: number) => ({
  type,
  appliesTo,
  resultsIn,
  update: [],
  remove: [],
});
const { COMPLETE, INCREMENTAL } = Assignments_Type;

it.each([
  { name: 'a complete set starts the sequence', current: undefined, message: set(COMPLETE, 0, 7), result: 7 },
  { name: 'a complete set starts it anew', current: 3, message: set(COMPLETE, 0, 9), result: 9 },
  { name: 'an incremental set follows the one before', current: 7, message: set(INCREMENTAL, 7, 8), result: 8 },
])('$name', ({ current, message, result }) => expect(followSequence(current, message)).toBe(result));

it.each([
  { name: 'a set is missing', current: 7, message: set(INCREMENTAL, 8, 9) },
  { name: 'a set comes twice', current: 8, message: set(INCREMENTAL, 7, 8) },
  { name: 'there is nothing to apply it to', current: undefined, message: set(INCREMENTAL, 0, 1) },
])('ends the session when $name', ({ current, message }) =>
  expect(() => followSequence(current, message)).toThrow(expect.objectContaining({ code: 'ABORTED' })),
);
