import { belongsToLab } from './lab-processes';

const traits = { marker: '/run/swarmctl-lab/1', cgroup: '/swl1' };
const foreign = { environ: 'PATH=/bin\0HOME=/root\0', cgroup: '4:memory:/user.slice\n0::/\n' };

describe('telling the processes of a lab', () => {
  it.each([
    {
      name: 'one with the mark in its environment',
      process: { ...foreign, environ: 'A=1\0SWARMCTL_LAB=/run/swarmctl-lab/1\0' },
      belongs: true,
    },
    { name: 'one of another lab', process: { ...foreign, environ: 'SWARMCTL_LAB=/run/swarmctl-lab/11\0' }, belongs: false },
    {
      name: 'one that only mentions the mark',
      process: { ...foreign, environ: 'NOTE=SWARMCTL_LAB=/run/swarmctl-lab/1\0' },
      belongs: false,
    },
    {
      name: 'a container, by cgroup v1',
      process: { ...foreign, cgroup: '5:pids:/swl1/n1/abc\n4:cpu,cpuacct:/swl1/n1/abc\n' },
      belongs: true,
    },
    { name: 'a container, by cgroup v2', process: { ...foreign, cgroup: '0::/swl1/n1/abc\n' }, belongs: true },
    { name: "another lab's container", process: { ...foreign, cgroup: '0::/swl11/n1/abc\n' }, belongs: false },
    { name: 'any other process', process: foreign, belongs: false },
  ])('$name: $belongs', ({ process, belongs }) => {
    expect(belongsToLab(traits, process)).toBe(belongs);
  });
});
