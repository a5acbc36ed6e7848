import { advancePull, describePull, type PullProgress, type PullReport } from './pull-progress';

const downloading = (id: string, current: number, total: number): PullReport => ({
  id,
  status: 'Downloading',
  progressDetail: { current, total },
});
const described = (...reports: PullReport[]): string =>
  describePull('busybox:latest', reports.reduce<PullProgress>(advancePull, new Map()));

it.each<[string, PullReport[], string]>([
  ['nothing is known yet', [{ status: 'Pulling from library/busybox', id: 'latest' }], 'pulling busybox:latest'],
  ['one layer comes', [downloading('a', 12_340_000, 40_100_000)], 'pulling busybox:latest: 12.3 MB of 40.1 MB'],
  [
    'several layers come',
    [downloading('a', 1e6, 2e6), downloading('b', 500_000, 8e6), downloading('a', 1.5e6, 2e6)],
    'pulling busybox:latest: 2.0 MB of 10.0 MB',
  ],
  [
    'a layer is here, and is unpacked',
    [
      downloading('a', 1e6, 2e6),
      { id: 'a', status: 'Download complete' },
      { id: 'a', status: 'Extracting', progressDetail: { current: 100, total: 2e6 } },
    ],
    'pulling busybox:latest: 2.0 MB of 2.0 MB',
  ],
  ['a layer was here before', [{ id: 'a', status: 'Already exists', progressDetail: {} }], 'pulling busybox:latest'],
  [
    'the engine makes no sense',
    [
      { id: 7, status: 'Downloading', progressDetail: { current: 1, total: 2 } },
      { id: 'a', status: 'Downloading', progressDetail: { current: '1', total: Number.NaN } },
      { id: 'b', status: 'Downloading', progressDetail: null },
      { id: 'c' },
    ],
    'pulling busybox:latest',
  ],
])('when %s', (_, reports, text) => expect(described(...reports)).toBe(text));
