import { ManagerPicker } from './manager-picker';

const first = () => 0;
const last = () => 0.999;

describe('the next manager', () => {
  it('is a random one of those that never failed', () => {
    expect(new ManagerPicker(['a', 'b', 'c'], first).pick()).toBe('a');
    expect(new ManagerPicker(['a', 'b', 'c'], last).pick()).toBe('c');
  });

  it('is one that has not failed, then the one that failed longest ago', () => {
    const picker = new ManagerPicker(['a', 'b'], first);
    picker.failed('a');
    expect(picker.pick()).toBe('b');
    picker.failed('b');
    expect(picker.pick()).toBe('a');
  });

  it('may again be one that has worked since it failed', () => {
    const picker = new ManagerPicker(['a', 'b'], first);
    picker.failed('a');
    picker.worked('a');
    expect(picker.pick()).toBe('a');
  });

  it('may be one that a manager named', () => {
    const picker = new ManagerPicker(['a'], first);
    picker.learn(['b', 'a']);
    picker.failed('a');
    expect(picker.pick()).toBe('b');
  });

  it('is never out of reach: the configured ones stay, whatever managers say', () => {
    const picker = new ManagerPicker(['a'], first);
    picker.learn(['wrong:1']);
    picker.failed('wrong:1');
    expect(picker.pick()).toBe('a');
    picker.learn([]);
    expect(picker.pick()).toBe('a');
  });
});
