import { progressTeller } from './progress-teller';

it('tells how far a pull is when that has changed, at most once per second', () => {
  let clockMs = 0;
  const told: string[] = [];
  const note = progressTeller(
    'busybox',
    (text) => told.push(text),
    () => clockMs,
  );
  const report = (atMs: number, current: number): void => {
    clockMs = atMs;
    note({ id: 'a', status: 'Downloading', progressDetail: { current, total: 9e6 } });
  };
  expect(told).toEqual(['pulling busybox']);
  report(900, 1e6);
  report(1_000, 2e6);
  report(1_900, 3e6);
  report(2_100, 4e6);
  report(9_000, 4e6);
  expect(told.slice(1)).toEqual(['pulling busybox: 2.0 MB of 9.0 MB', 'pulling busybox: 4.0 MB of 9.0 MB']);
});
