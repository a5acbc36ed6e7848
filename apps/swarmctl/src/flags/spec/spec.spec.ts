import { ServiceSpec } from '#common/proto';
import { createSpec } from './create-spec';
import { parseEnvFile } from './environment';
import { changedHealthcheck } from './health';
import { changedMode, scaledMode } from './service-mode';
import type { Surroundings } from './surroundings';
import { updateSpec } from './update-spec';

const SURROUNDINGS: Surroundings = {
  shell: { HOME: '/root' },
  envFiles: [],
  networkIds: new Map([['back', 'net-1']]),
  secretIds: new Map([['s', 'sec-1']]),
  configIds: new Map([['c', 'con-1']]),
  absolutePath: (path) => `/cwd/${path}`,
};

const web = (): ServiceSpec => createSpec({ image: 'nginx', words: [], flags: { name: 'web' } }, SURROUNDINGS);

// What the stock docker CLI sends is compared in docker-equivalence.spec.ts; here is where we differ or go beyond.

describe('update', () => {
  it('changes nothing without flags', () => expect(updateSpec(web(), {}, SURROUNDINGS)).toEqual(web()));

  it('leaves the order of mounts alone, which docker does not', () => {
    const mounts = ['z', 'a'].map((source) => ({ type: 'volume', source, target: `/${source}` }));
    const spec = ServiceSpec.fromPartial({ ...web(), taskTemplate: { containerSpec: { image: 'nginx', mounts } } });
    const updated = updateSpec(spec, { force: true }, SURROUNDINGS);
    expect(updated.taskTemplate?.containerSpec?.mounts.map(({ source }) => source)).toEqual(['z', 'a']);
  });

  it('replaces a secret at the same path, which docker adds beside the old one', () => {
    const secret = (mode: number) => ({ source: 's', file: { name: 'path', uid: '0', gid: '0', mode } });
    const before = updateSpec(web(), { secretAdd: [secret(0o444)] }, SURROUNDINGS);
    const after = updateSpec(before, { secretAdd: [secret(0o400)] }, SURROUNDINGS);
    expect(after.taskTemplate?.containerSpec?.secrets).toEqual([
      { file: { name: 'path', uid: '0', gid: '0', mode: 0o400 }, secretId: 'sec-1', secretName: 's' },
    ]);
  });

  it('refuses a service that runs no containers', () => {
    expect(() => updateSpec(ServiceSpec.fromPartial({}), {}, SURROUNDINGS)).toThrow('does not run containers');
  });

  it('sets swap, which the docker CLI of today cannot', () => {
    const { taskTemplate } = updateSpec(web(), { memorySwap: -1, memorySwappiness: 0 }, SURROUNDINGS);
    expect(taskTemplate?.resources).toMatchObject({ swapBytes: -1, memorySwappiness: 0 });
  });

  it('reads a credential spec from a config', () => {
    const { taskTemplate } = updateSpec(web(), { credentialSpec: { kind: 'config', name: 'c' } }, SURROUNDINGS);
    expect(taskTemplate?.containerSpec).toMatchObject({
      privileges: { credentialSpec: { config: 'con-1', file: '' } },
      configs: [{ file: undefined, runtime: {}, configId: 'con-1', configName: 'c' }],
    });
  });
});

describe('affinities', () => {
  it('are constraints of a new service, behind those that were given as such', () => {
    const flags = { name: 'web', constraint: ['node.role==worker'], affinity: ['service==db'] };
    const spec = createSpec({ image: 'nginx', words: [], flags }, SURROUNDINGS);
    expect(spec.taskTemplate?.placement?.constraints).toEqual(['node.role==worker', 'service==db']);
  });

  it('come and go in an update as constraints do', () => {
    const before = updateSpec(web(), { affinityAdd: ['service==db'], constraintAdd: ['node.role==worker'] }, SURROUNDINGS);
    expect(before.taskTemplate?.placement?.constraints).toEqual(['node.role==worker', 'service==db']);
    const after = updateSpec(before, { affinityRm: ['service==db'] }, SURROUNDINGS);
    expect(after.taskTemplate?.placement?.constraints).toEqual(['node.role==worker']);
  });
});

describe('the mode in an update', () => {
  const job = {
    replicated: undefined,
    global: undefined,
    globalJob: undefined,
    replicatedJob: { maxConcurrent: 2, totalCompletions: 5 },
  };

  it('lets a job run more tasks at a time, which docker says it does and does not', () => {
    expect(changedMode(job, { maxConcurrent: 3 })?.replicatedJob).toEqual({ maxConcurrent: 3, totalCompletions: 5 });
  });

  it('does not take replicas for a job', () => expect(() => changedMode(job, { replicas: 3 })).toThrow('--replicas'));

  it('of a job is scaled by its completions, of a global service not at all', () => {
    expect(scaledMode(job, 7).replicatedJob).toEqual({ maxConcurrent: 2, totalCompletions: 7 });
    expect(() => scaledMode({ ...job, replicatedJob: undefined, global: {} }, 7)).toThrow('replicated-job can be scaled');
  });
});

describe('the health check in an update', () => {
  it('takes a start interval, which docker passes over', () => {
    expect(changedHealthcheck(undefined, { healthStartInterval: 5 })).toMatchObject({ startInterval: 5 });
  });
});

describe('an environment file', () => {
  it.each([
    { name: 'comments and blank lines', text: '# a\n\n  # b\nA=1', variables: ['A=1'] },
    { name: 'Windows line ends and a byte order mark', text: '\ufeffA=1\r\nB=2\r\n', variables: ['A=1', 'B=2'] },
    { name: 'literal values', text: 'A="x y" # z', variables: ['A="x y" # z'] },
    { name: 'names with a value in the shell', text: 'HOME\nMISSING', variables: ['HOME=/root'] },
  ])('$name', ({ text, variables }) => expect(parseEnvFile('f', text, SURROUNDINGS.shell)).toEqual(variables));

  it('names the line that is wrong', () => {
    expect(() => parseEnvFile('web.env', 'A=1\nB C=2', {})).toThrow("--env-file web.env, line 2: 'B C' is not a variable name");
  });
});
