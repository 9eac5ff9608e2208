// The server's time is bounded from below by every message and from above by every question.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerClock, fractionLeft, secondsLeft } from '../../../static/js/clock.js';

/** A clock on a local time that the test moves. */
function clockAt(local) {
  const time = { local };
  return { time, clock: new ServerClock(() => time.local) };
}

test('without a sample the local time is all we have', () => {
  assert.equal(clockAt(500).clock.now(), 500);
});

test('an answer puts the server time in the middle of question and answer', () => {
  const { time, clock } = clockAt(1_000);
  time.local = 1_100;
  clock.sample(50_000, 1_000);
  assert.equal(clock.now(), 50_050);
});

test('a faster message narrows the estimate, a slower one changes nothing', () => {
  const { time, clock } = clockAt(1_100);
  clock.sample(50_000, 1_000);
  time.local = 2_000;
  clock.sample(50_960);
  assert.equal(clock.offset(), 48_980);
  time.local = 3_000;
  clock.sample(51_000);
  assert.equal(clock.offset(), 48_980);
});

test('a message that cannot be from the estimated past starts it anew', () => {
  const { time, clock } = clockAt(1_100);
  clock.sample(50_000, 1_000);
  time.local = 2_000;
  clock.sample(80_000);
  assert.equal(clock.now(), 80_000);
});

test('old lower bounds are forgotten, so that drift is followed', () => {
  const { time, clock } = clockAt(0);
  for (let second = 0; second < 12; second += 1) {
    time.local = second * 1_000;
    clock.sample(10_000 + second * 990);
  }
  assert.equal(clock.offset(), 10_000 - 40);
});

test('nonsense is no sample', () => {
  const { clock } = clockAt(7);
  clock.sample(undefined);
  assert.equal(clock.now(), 7);
});

test('seconds show 0 only when it is over', () => {
  assert.deepEqual([20_000, 19_999, 1, 0, -5].map(secondsLeft), [20, 20, 1, 0, 0]);
  const { clock } = clockAt(100);
  assert.equal(clock.remaining(90), 0);
});

test('a fraction stays between 0 and 1, whatever the total', () => {
  assert.deepEqual(
    [fractionLeft(5, 10), fractionLeft(11, 10), fractionLeft(-1, 10), fractionLeft(1, 0)],
    [0.5, 1, 0, 0],
  );
});
