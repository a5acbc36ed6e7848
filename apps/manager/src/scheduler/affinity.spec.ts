import { TaskState } from '#common/domain';
import { aTask, NOW } from '../testing/builders';
import { PlacementSession } from './placement-session';
import { anInfo, placing, serviceOf, waiting } from './testing/placing';

const db = serviceOf('db');
const dbOn = (nodeId: string, options: Parameters<typeof aTask>[0] = {}) => aTask({ nodeId, service: db, ...options });
const webThat = (...constraints: string[]) => serviceOf('web', { placement: { constraints } });
const zoned = (id: string, zone: string, tasks: Parameters<typeof anInfo>[2] = []) => anInfo(id, { labels: { zone } }, tasks);
const nodesOf = ({ placed }: ReturnType<typeof placing>): string[] => placed.map(({ nodeId }) => nodeId).sort();

describe('a service that wants to be beside another', () => {
  it.each([
    { by: 'name', constraint: 'service==db' },
    { by: 'id', constraint: 'service==db-id' },
  ])('goes where that has tasks, known by $by', ({ constraint }) => {
    const infos = [anInfo('a'), anInfo('b', {}, [dbOn('b')]), anInfo('c')];
    expect(nodesOf(placing(waiting(webThat(constraint), 2), infos))).toEqual(['b', 'b']);
  });

  it('goes to the same zone', () => {
    const infos = [zoned('a1', 'a'), zoned('b1', 'b', [dbOn('b1')]), zoned('b2', 'b')];
    const service = webThat('service==db topology=node.labels.zone');
    expect(nodesOf(placing(waiting(service, 4), infos))).toEqual(['b1', 'b1', 'b2', 'b2']);
  });

  it('waits for the other, and says so', () => {
    const infos = [zoned('a1', 'a'), zoned('b1', 'b'), zoned('b2', 'b')];
    const inZone = webThat('service==db topology=node.labels.zone');
    expect(placing(waiting(inZone), infos).unplaced[0]?.reason).toBe(
      'no suitable node (no task of service db in the same node.labels.zone on 3 nodes)',
    );
    expect(placing(waiting(webThat('service==db')), infos).unplaced[0]?.reason).toBe(
      'no suitable node (no task of service db on 3 nodes)',
    );
  });

  it.each([
    { name: 'is told to stop', options: { desired: TaskState.shutdown } },
    { name: 'has ended', options: { state: TaskState.complete } },
  ])('does not follow a task that $name', ({ options }) => {
    expect(placing(waiting(webThat('service==db')), [anInfo('b', {}, [dbOn('b', options)])]).placed).toEqual([]);
  });

  it('may be its own company: the first task goes anywhere, the others stay in its zone', () => {
    const infos = [zoned('a1', 'a'), zoned('b1', 'b'), zoned('a2', 'a')];
    const service = webThat('service==web topology=node.labels.zone');
    expect(nodesOf(placing(waiting(service, 4), infos))).toEqual(['a1', 'a1', 'a2', 'a2']);
  });
});

describe('a service that wants to be away from another', () => {
  it('goes where that has no task', () => {
    const infos = [anInfo('a'), anInfo('b', {}, [dbOn('b')])];
    const result = placing(waiting(webThat('service!=db'), 2), infos);
    expect(nodesOf(result)).toEqual(['a', 'a']);
    expect(placing(waiting(webThat('service!=db')), infos.slice(1)).unplaced[0]?.reason).toBe(
      'no suitable node (a task of service db on 1 node)',
    );
  });

  it('keeps out of its whole zone; nodes without the label are a zone of their own', () => {
    const infos = [zoned('a1', 'a', [dbOn('a1')]), zoned('a2', 'a'), anInfo('x'), anInfo('y')];
    const service = webThat('service!=db topology=node.labels.zone');
    expect(nodesOf(placing(waiting(service, 2), infos))).toEqual(['x', 'y']);
  });

  it('may be the same one: one task in each domain', () => {
    const infos = [zoned('a1', 'a'), zoned('a2', 'a'), zoned('b1', 'b')];
    const perNode = placing(waiting(webThat('service!=web'), 4), infos);
    expect(nodesOf(perNode)).toEqual(['a1', 'a2', 'b1']);
    expect(perNode.unplaced[0]?.reason).toBe('no suitable node (another task of service web on 3 nodes)');
    const perZone = placing(waiting(webThat('service!=web topology=node.labels.zone'), 3), infos);
    expect(nodesOf(perZone)).toEqual(['a1', 'b1']);
  });

  it('keeps the other away just as well when it was there first', () => {
    const web = serviceOf('web', { placement: { constraints: ['service!=db topology=node.labels.zone'] } });
    const infos = [zoned('a1', 'a', [aTask({ nodeId: 'a1', service: web })]), zoned('a2', 'a'), zoned('b1', 'b')];
    expect(nodesOf(placing(waiting(db, 2), infos))).toEqual(['b1', 'b1']);
    expect(placing(waiting(db), infos.slice(0, 2)).unplaced[0]?.reason).toBe(
      'no suitable node (kept away by a service in the same node.labels.zone on 2 nodes)',
    );
    expect(nodesOf(placing(waiting(serviceOf('cache'), 3), infos))).toEqual(['a1', 'a2', 'b1']);
  });

  it('has no say any more once its last task there is told to stop', () => {
    const web = webThat('service!=db');
    const task = aTask({ nodeId: 'a', service: web });
    const session = new PlacementSession([anInfo('a', {}, [task])], NOW);
    expect(session.place(waiting(db)).placed).toEqual([]);
    session.leave(task);
    expect(nodesOf(session.place(waiting(db)))).toEqual(['a']);
  });

  it('is not bound by what an older version of it said of itself', () => {
    const old = aTask({ nodeId: 'a', service: webThat('service!=web') });
    expect(nodesOf(placing(waiting(webThat('node.role==worker')), [anInfo('a', {}, [old])]))).toEqual(['a']);
  });
});

describe('in one session', () => {
  it('services see what was placed before them', () => {
    const session = new PlacementSession([anInfo('a'), anInfo('b')], NOW);
    const [first] = session.place(waiting(db)).placed;
    expect(nodesOf(session.place(waiting(webThat('service==db'), 2)))).toEqual([first?.nodeId, first?.nodeId]);
    const away = session.place(waiting(serviceOf('cache', { placement: { constraints: ['service!=db'] } })));
    expect(away.placed[0]?.nodeId).not.toBe(first?.nodeId);
  });

  it('a task that is bound to a node looks at all of them', () => {
    const session = new PlacementSession([zoned('a1', 'a', [dbOn('a1')]), zoned('a2', 'a'), zoned('b1', 'b')], NOW);
    const [task] = waiting(webThat('service==db topology=node.labels.zone'));
    expect(session.placeOn('b1', task!).placed).toEqual([]);
    expect(nodesOf(session.placeOn('a2', task!))).toEqual(['a2']);
  });

  it('whatever cannot be read stops nothing but its own service', () => {
    const session = new PlacementSession([anInfo('a')], NOW);
    expect(session.place(waiting(serviceOf('odd', { placement: { constraints: ['nonsense'] } }))).unplaced[0]?.reason).toBe(
      'no suitable node (scheduling constraints not satisfied on 1 node)',
    );
    expect(nodesOf(session.place(waiting(db)))).toEqual(['a']);
  });
});
