import fc from 'fast-check';
import { StartPlaces } from './start-places';

const never = new AbortController().signal;

/** Work that ends when told. */
function aJob() {
  let finish = (): void => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  return { finish, work: () => done };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

it('runs no more at once than there are places', async () => {
  const places = new StartPlaces(2);
  const jobs = [aJob(), aJob(), aJob()];
  jobs.forEach((job) => void places.run('create', never, job.work));
  expect(places.inFlight).toBe(2);
  jobs.forEach((job) => job.finish());
  await turn();
  expect(places.inFlight).toBe(0);
});

it('finishes a container that is made before it begins another one', async () => {
  const places = new StartPlaces(1);
  const first = aJob();
  const order: string[] = [];
  const note = (name: string) => async () => void order.push(name);
  void places.run('create', never, first.work);
  const all = [
    places.run('create', never, note('create b')),
    places.run('create', never, note('create c')),
    places.run('start', never, note('start a')),
  ];
  first.finish();
  await Promise.all(all);
  expect(order).toEqual(['start a', 'create b', 'create c']);
});

it('lets go of a place in line', async () => {
  const places = new StartPlaces(1);
  const first = aJob();
  const leaving = new AbortController();
  void places.run('create', never, first.work);
  const waiting = places.run('create', leaving.signal, async () => 'never');
  leaving.abort(new Error('changed my mind'));
  await expect(waiting).rejects.toThrow('changed my mind');
  first.finish();
  await expect(places.run('create', never, async () => 'mine')).resolves.toBe('mine');
});

it('gives a place back when the work fails', async () => {
  const places = new StartPlaces(1);
  await expect(places.run('start', never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(places.inFlight).toBe(0);
});

it('whatever work comes, it is all done, and never too much at once', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.constantFrom('create' as const, 'start' as const), { maxLength: 20 }),
      async (limit, kinds) => {
        const places = new StartPlaces(limit);
        let running = 0;
        const work = async () => {
          expect(++running).toBeLessThanOrEqual(limit);
          await turn();
          running--;
        };
        await Promise.all(kinds.map((kind) => places.run(kind, never, work)));
        expect(places.inFlight).toBe(0);
      },
    ),
    { numRuns: 30 },
  ));
