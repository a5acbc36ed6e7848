import { LeaseDeadline } from './lease-deadline';

describe('a leader with a lease of three seconds', () => {
  it('stops after two seconds without a renewal, counted from when the renewal was sent', () => {
    const deadline = new LeaseDeadline(3_000, 1_000);
    expect(deadline.remainingMs(2_999)).toBe(1);
    expect(deadline.remainingMs(3_000)).toBe(0);
    deadline.extend(1_800);
    expect(deadline.remainingMs(3_000)).toBe(800);
  });

  it('is not put back by an answer that comes late to an earlier renewal', () => {
    const deadline = new LeaseDeadline(3_000, 1_000);
    deadline.extend(5_000);
    deadline.extend(2_000);
    expect(deadline.remainingMs(6_000)).toBe(1_000);
  });
});
