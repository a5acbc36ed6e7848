import fc from 'fast-check';
import { Assignments_Type, type Assignments } from '#common/dispatcher-proto';
import { aTask } from '../testing/a-task';
import { toChanges } from './assignment-changes';

const message = (type: Assignments_Type, update: string[], remove: string[] = []): Assignments => ({
  type,
  appliesTo: 0,
  resultsIn: 1,
  update: update.map((id) => aTask({ id })),
  remove,
});
const complete = (update: string[]) => message(Assignments_Type.COMPLETE, update);
const incremental = (update: string[], remove: string[]) => message(Assignments_Type.INCREMENTAL, update, remove);

const ids = ({ assign, forget }: ReturnType<typeof toChanges>) => ({ assign: assign.map((task) => task.id), forget });

it.each([
  { name: 'the first set assigns everything', known: [], given: complete(['a', 'b']), assign: ['a', 'b'], forget: [] },
  {
    name: 'a complete set forgets what it does not name',
    known: ['a', 'b'],
    given: complete(['b']),
    assign: ['b'],
    forget: ['a'],
  },
  { name: 'an empty complete set forgets everything', known: ['a', 'b'], given: complete([]), assign: [], forget: ['a', 'b'] },
  { name: 'an incremental set leaves the rest', known: ['a', 'b'], given: incremental(['c'], []), assign: ['c'], forget: [] },
  {
    name: 'an incremental set forgets what it removes',
    known: ['a', 'b'],
    given: incremental([], ['a']),
    assign: [],
    forget: ['a'],
  },
  { name: 'removing what is not known is nothing', known: ['a'], given: incremental([], ['z']), assign: [], forget: [] },
  {
    name: 'what is both described and removed is kept',
    known: ['a'],
    given: incremental(['a'], ['a']),
    assign: ['a'],
    forget: [],
  },
])('$name', ({ known, given, assign, forget }) => expect(ids(toChanges(known, given))).toEqual({ assign, forget }));

it('leaves exactly the tasks of a complete set, whatever was known', () => {
  const anyIds = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'));
  fc.assert(
    fc.property(anyIds, anyIds, (known, wanted) => {
      const { assign, forget } = ids(toChanges(known, complete(wanted)));
      const left = new Set([...known, ...assign].filter((id) => !forget.includes(id)));
      expect([...left].sort()).toEqual([...wanted].sort());
    }),
  );
});
