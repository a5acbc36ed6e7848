import { WallClock } from './wall-clock';

const HOUR = 3_600_000;

describe('a clock on the wall', () => {
  let wall: number;
  let steady: number;
  let clock: WallClock;
  beforeEach(() => {
    [wall, steady] = [1_000_000_000, 77];
    clock = new WallClock(
      () => wall,
      () => steady,
    );
  });
  const pass = (ms: number): void => {
    wall += ms;
    steady += ms;
  };

  it('is steady for as long as nobody sets it', () => {
    for (let day = 0; day < 400; day++) pass(24 * HOUR);
    expect(clock.read()).toEqual({ now: wall, steadySince: Number.NEGATIVE_INFINITY });
  });

  it.each([HOUR, -HOUR, 400 * 24 * HOUR, 1_000, -1_000])('is steady from when it was set by %d ms', (jump) => {
    pass(HOUR);
    wall += jump;
    const setTo = wall;
    expect(clock.read()).toEqual({ now: setTo, steadySince: setTo });
    pass(HOUR);
    expect(clock.read()).toEqual({ now: setTo + HOUR, steadySince: setTo });
  });

  it('that NTP corrects by less than a second stays steady, until that has come to a second', () => {
    const steps = [300, 300, 300, 300].map((correction) => {
      pass(HOUR);
      wall += correction;
      return clock.read().steadySince === wall;
    });
    expect(steps).toEqual([false, false, false, true]);
  });
});
