import type { PortConfig } from '#common/proto';

interface PortRange {
  readonly protocol: string;
  readonly published: number;
  readonly target: number;
  readonly length: number;
}

function startRange({ protocol, publishedPort, targetPort }: PortConfig): PortRange {
  return { protocol, published: publishedPort, target: targetPort, length: 1 };
}

function continues({ protocol, published, target, length }: PortRange, port: PortConfig): boolean {
  return port.protocol === protocol && port.publishedPort === published + length && port.targetPort === target + length;
}

/** Joins ports that follow each other on both sides. */
function toRanges(ports: readonly PortConfig[]): PortRange[] {
  const sorted = [...ports].sort((a, b) => a.protocol.localeCompare(b.protocol) || a.publishedPort - b.publishedPort);
  return sorted.reduce<PortRange[]>((ranges, port) => {
    const last = ranges.at(-1);
    if (!last || !continues(last, port)) return [...ranges, startRange(port)];
    return [...ranges.slice(0, -1), { ...last, length: last.length + 1 }];
  }, []);
}

function renderRange({ protocol, published, target, length }: PortRange): string {
  const span = (from: number): string => (length === 1 ? String(from) : `${from}-${from + length - 1}`);
  return `*:${span(published)}->${span(target)}/${protocol}`;
}

/** Published ports as in `*:8080-8082->80-82/tcp`. Ports without a number yet are left out. */
export function renderPorts(ports: readonly PortConfig[]): string {
  return toRanges(ports.filter((port) => port.publishedPort !== 0))
    .map(renderRange)
    .join(', ');
}
