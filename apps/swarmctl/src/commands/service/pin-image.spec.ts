import { EXIT } from '../../exit-codes';
import { aService } from '../../testing/api-objects';
import { CommandBench } from '../../testing/command-bench';

const DIGEST = `sha256:${'a'.repeat(64)}`;

const bench = new CommandBench();
beforeEach(async () => {
  await bench.start();
  bench.manager.distribution = {
    status: 200,
    body: { Descriptor: { digest: DIGEST, size: 1 }, Platforms: [{ architecture: 'amd64', os: 'linux' }] },
  };
});
afterEach(() => bench.stop());

const asked = (): string[] => bench.manager.requests.filter((request) => request.includes('/distribution/'));
const taskOf = (index = 0): unknown =>
  (bench.manager.services[index]?.Spec as { TaskTemplate?: unknown } | undefined)?.TaskTemplate;

describe('an image', () => {
  it('is pinned to what the registry has now, on the platforms that it was built for', async () => {
    expect(await bench.type('service create --detach registry.test:5000/team/app')).toBe(EXIT.ok);
    expect(asked()).toEqual(['GET /distribution/registry.test:5000/team/app:latest/json']);
    expect(taskOf()).toMatchObject({
      ContainerSpec: { Image: `registry.test:5000/team/app:latest@${DIGEST}` },
      Placement: { Platforms: [{ Architecture: 'amd64', OS: 'linux' }] },
    });
  });

  it('is left as it is named when that is wanted', async () => {
    expect(await bench.type('service create --detach --no-resolve-image app:1')).toBe(EXIT.ok);
    expect(asked()).toEqual([]);
    expect(taskOf()).toMatchObject({ ContainerSpec: { Image: 'app:1' } });
  });

  it('that the registry does not tell of is used all the same, with a warning that says why', async () => {
    bench.manager.distribution = { status: 401, body: { message: 'unauthorized: authentication required' } };
    expect(await bench.type('service create --detach app:1')).toBe(EXIT.ok);
    expect(taskOf()).toMatchObject({ ContainerSpec: { Image: 'app:1' } });
    expect(bench.session.stderr.text).toBe(
      'warning: image app:1 could not be accessed on a registry to record its digest. Each node will access app:1 independently, ' +
        'possibly leading to different nodes running different versions of the image.\nreason: unauthorized: authentication required\n',
    );
  });

  it('is asked for anew by an update that names one, and by no other', async () => {
    bench.manager.services.push(aService());
    expect(await bench.type('service update --detach --env-add A=1 web')).toBe(EXIT.ok);
    expect(asked()).toEqual([]);
    expect(await bench.type('service update --detach --image app:2 web')).toBe(EXIT.ok);
    expect(asked()).toEqual(['GET /distribution/app:2/json']);
    expect(taskOf()).toMatchObject({ ContainerSpec: { Image: `app:2@${DIGEST}` } });
  });
});
