import { mountsBelow, parseMounts } from './mounts';

const MOUNTINFO = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:26 / /data/lab/merged rw - overlay overlay rw,lowerdir=/x
31 22 0:27 / /data/lab/merged/with\\040space rw master:3 - tmpfs shm rw
32 22 0:28 / /data/laboratory rw - tmpfs tmpfs rw
33 22 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
`;

describe('what is mounted', () => {
  it('reads mount points, escaped characters and file systems', () => {
    expect(parseMounts(MOUNTINFO)).toContainEqual({ mountPoint: '/data/lab/merged/with space', fileSystem: 'tmpfs' });
    expect(parseMounts(MOUNTINFO)).toContainEqual({ mountPoint: '/sys/fs/cgroup/cpu', fileSystem: 'cgroup' });
  });

  it('finds what lies below a folder, inner mounts first, and not its neighbours', () => {
    expect(mountsBelow(parseMounts(MOUNTINFO), ['/data/lab'])).toEqual(['/data/lab/merged/with space', '/data/lab/merged']);
  });
});
