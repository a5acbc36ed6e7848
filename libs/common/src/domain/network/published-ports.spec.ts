import { EndpointSpec, type PortConfig } from '../../proto';
import { choosePorts } from './published-ports';

const endpoint = (...ports: Partial<PortConfig>[]): EndpointSpec => EndpointSpec.fromPartial({ ports });
const numbers = (ports: PortConfig[]): number[] => ports.map(({ publishedPort }) => publishedPort);
const free = (): boolean => false;

describe('published ports', () => {
  it('are those that are named; others are chosen', () => {
    const spec = endpoint({ targetPort: 80, publishedPort: 8080 }, { targetPort: 81 }, { targetPort: 82 });
    expect(numbers(choosePorts(spec, [], free))).toEqual([8080, 30_000, 30_001]);
  });

  it('are chosen for each protocol by itself, and not where the host publishes', () => {
    const spec = endpoint({ targetPort: 80 }, { targetPort: 80, protocol: 'udp' }, { targetPort: 81, publishMode: 'host' });
    expect(numbers(choosePorts(spec, [], free))).toEqual([30_000, 30_000, 0]);
  });

  it('stay what they were, unless somebody else has them by now', () => {
    const before = choosePorts(endpoint({ targetPort: 79 }, { targetPort: 80 }), [], free);
    expect(numbers(choosePorts(endpoint({ targetPort: 80 }), before, free))).toEqual([30_001]);
    expect(numbers(choosePorts(endpoint({ targetPort: 80 }), before, (_, port) => port < 30_005))).toEqual([30_005]);
  });

  it('are refused when none is left', () => {
    expect(() => choosePorts(endpoint({ targetPort: 80 }), [], () => true)).toThrow(
      'no published port of 30000 to 32767 is left',
    );
  });
});
