/** A line of what the engine tells while it pulls. Every field may be missing: an engine's word is not taken unseen. */
export interface PullReport {
  /** Layer that the line is about. */
  readonly id?: unknown;
  readonly status?: unknown;
  readonly progressDetail?: { readonly current?: unknown; readonly total?: unknown } | null;
}

/** Bytes of a layer. */
interface LayerProgress {
  readonly current: number;
  readonly total: number;
}

/** Layers whose size is known, by id. One that the engine has already is not among them. */
export type PullProgress = ReadonlyMap<string, LayerProgress>;

const DOWNLOADING = 'Downloading';
/** What a layer goes through once it is here; where these tell numbers, they are of the unpacking. */
const DOWNLOADED = ['Verifying Checksum', 'Download complete', 'Extracting', 'Pull complete'];
const BYTES_PER_MB = 1_000_000;

/** The progress after one more line. */
export function advancePull(progress: PullProgress, { id, status, progressDetail }: PullReport): PullProgress {
  if (typeof id !== 'string') return progress;
  const known = progress.get(id);
  if (status === DOWNLOADING && isSize(progressDetail?.total) && isSize(progressDetail.current)) {
    const { current, total } = progressDetail;
    return new Map([...progress, [id, { current: Math.min(current, total), total }]]);
  }
  const isHere = typeof status === 'string' && DOWNLOADED.includes(status);
  return known && isHere && known.current < known.total
    ? new Map([...progress, [id, { ...known, current: known.total }]])
    : progress;
}

/** `pulling busybox:latest: 12.3 MB of 40.1 MB`; without the numbers while nothing is known of them. */
export function describePull(image: string, progress: PullProgress): string {
  const layers = [...progress.values()];
  const sum = (part: keyof LayerProgress): number => layers.reduce((bytes, layer) => bytes + layer[part], 0);
  return sum('total') === 0
    ? `pulling ${image}`
    : `pulling ${image}: ${toMegabytes(sum('current'))} of ${toMegabytes(sum('total'))}`;
}

function toMegabytes(bytes: number): string {
  return `${(bytes / BYTES_PER_MB).toFixed(1)} MB`;
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
