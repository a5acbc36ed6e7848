import { createLogger } from '#common/logging';
import { ControlPlane } from './control-plane';

it('tells of members of etcd that have come or gone, and of nothing else', async () => {
  let members = ['10.0.0.1:2379'];
  let changes = 0;
  const plane = new ControlPlane({
    etcd: { memberAddresses: () => (members.length > 0 ? Promise.resolve(members) : Promise.reject(new Error('away'))) },
    own: ['10.0.0.1:2378'],
    changed: () => changes++,
    logger: createLogger('test', 'silent'),
  });
  const afterwards = async (next: string[]): Promise<[readonly string[], number]> => {
    members = next;
    await plane.refresh();
    return [plane.addresses, changes];
  };
  expect(await afterwards(['10.0.0.1:2379'])).toEqual([['10.0.0.1:2378', '10.0.0.1:2379'], 1]);
  expect(await afterwards(['10.0.0.1:2379'])).toEqual([['10.0.0.1:2378', '10.0.0.1:2379'], 1]);
  expect(await afterwards([])).toEqual([['10.0.0.1:2378', '10.0.0.1:2379'], 1]);
  expect(await afterwards(['10.0.0.2:2379'])).toEqual([['10.0.0.1:2378', '10.0.0.2:2379'], 2]);
});
