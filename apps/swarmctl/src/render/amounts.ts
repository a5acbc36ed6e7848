const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const STEP = 1024;
const NANOS_PER_CPU = 1e9;

/** Bytes in the largest unit that leaves at least one of it: `512MiB`, `1.5GiB`. */
export function renderSize(bytes: number): string {
  const power = Math.max(
    0,
    UNITS.findLastIndex((_, index) => bytes >= STEP ** index),
  );
  return `${Number((bytes / STEP ** power).toPrecision(4))}${UNITS[power]}`;
}

/** Billionths of a core as a number of cores: `0.5`. */
export function renderCpus(nanoCpus: number): string {
  return String(nanoCpus / NANOS_PER_CPU);
}
