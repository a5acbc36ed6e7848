import { ServiceSpec } from '../proto';
import { withDistribution } from './pin-image';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const AMD64 = { architecture: 'amd64', os: 'linux' };

const spec = (placement?: object): ServiceSpec =>
  ServiceSpec.fromPartial({
    name: 'web',
    taskTemplate: { containerSpec: { image: 'nginx:1' }, ...(placement && { placement }) },
  });

describe('a spec with what the registry says', () => {
  it('names the digest and the platforms, and keeps the rest of the placement', () => {
    const pinned = withDistribution(spec({ constraints: ['node.role==worker'], maxReplicas: 2 }), {
      digest: DIGEST,
      platforms: [AMD64],
    });
    expect(pinned.taskTemplate?.containerSpec?.image).toBe(`nginx:1@${DIGEST}`);
    expect(pinned.taskTemplate?.placement).toEqual({
      constraints: ['node.role==worker'],
      preferences: [],
      maxReplicas: 2,
      platforms: [AMD64],
    });
  });

  it('is on any platform when the registry names none', () => {
    const pinned = withDistribution(spec({ platforms: [AMD64] }), { digest: DIGEST, platforms: [] });
    expect(pinned.taskTemplate?.placement?.platforms).toEqual([]);
    expect(withDistribution(spec(), { digest: DIGEST, platforms: [] }).taskTemplate?.placement).toBeUndefined();
  });

  it('leaves the architecture open for Arm, whose engines tell their variant', () => {
    const pinned = withDistribution(spec(), { digest: DIGEST, platforms: [{ architecture: 'arm', os: 'linux' }] });
    expect(pinned.taskTemplate?.placement?.platforms).toEqual([{ architecture: '', os: 'linux' }]);
  });
});
