import { UnreadBudget, type Follower } from './unread-budget';

/** A client that reads when the test says so. */
class FakeFollower implements Follower {
  writableLength = 0;
  destroyed = false;

  constructor(readonly name: string) {}

  destroy(): void {
    this.destroyed = true;
    this.writableLength = 0;
  }
}

const LIMITS = { ofOne: 100, ofAll: 250 };

let cut: string[];
let budget: UnreadBudget;
let followers: FakeFollower[];
beforeEach(() => {
  cut = [];
  followers = [];
  budget = new UnreadBudget((follower) => cut.push((follower as FakeFollower).name), LIMITS);
});

function follower(name: string): FakeFollower {
  const one = new FakeFollower(name);
  followers.push(one);
  return one;
}

function write(to: FakeFollower, bytes: number): void {
  to.writableLength += bytes;
  budget.wrote(to);
}

const unread = (): number => followers.reduce((sum, { writableLength }) => sum + writableLength, 0);

it('followers that read are never cut off, however much they are sent', () => {
  const one = follower('one');
  for (let round = 0; round < 100; round++) {
    write(one, 90);
    one.writableLength = 0;
  }
  expect(cut).toEqual([]);
});

it('one that leaves too much unread is cut off', () => {
  const one = follower('one');
  write(one, 100);
  expect(cut).toEqual([]);
  write(one, 1);
  expect([cut, one.destroyed]).toEqual([['one'], true]);
});

it('of many that are each within their limit, those furthest behind are cut off', () => {
  const [slow, slower, ...others] = ['slow', 'slower', 'a', 'b', 'c', 'd', 'e'].map(follower) as [FakeFollower, FakeFollower];
  write(slow, 80);
  write(slower, 90);
  for (const one of others) write(one, 30);
  expect([cut, unread() <= LIMITS.ofAll]).toEqual([['slower'], true]);
});

it('who has read since counts for what is left', () => {
  const [one, two, three] = ['one', 'two', 'three'].map(follower) as [FakeFollower, FakeFollower, FakeFollower];
  write(one, 90);
  write(two, 90);
  one.writableLength = 0;
  write(three, 90);
  expect(cut).toEqual([]);
});

it('who has gone counts for nothing', () => {
  const [one, two, three] = ['one', 'two', 'three'].map(follower) as [FakeFollower, FakeFollower, FakeFollower];
  write(one, 90);
  budget.forget(one);
  write(two, 90);
  write(three, 90);
  expect(cut).toEqual([]);
});
