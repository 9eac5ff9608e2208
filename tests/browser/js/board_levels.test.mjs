// Thresholds in two levels, that do not blink; and what is held against them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DEFAULTS,
  boundsFrom,
  levelOf,
  levelsOf,
  measured,
  worst,
} from '../../../static/js/board_levels.js';

const along = (values, falls = false, bounds = [10, 20]) => {
  let level = 0;
  return values.map((value) => (level = levelOf(value, bounds, level, falls)));
};

test('a level is reached at its bound and left a fifth below it', () => {
  assert.deepEqual(along([9, 10, 9, 8, 7.9, 9]), [0, 1, 1, 1, 0, 0]);
  assert.deepEqual(along([20, 17, 16, 15.9, 8, 7]), [2, 2, 2, 1, 1, 0]);
});

test('a value that trembles at the bound changes the level once', () => {
  const trembling = Array.from({ length: 100 }, (_, index) => 10 + (index % 2 ? -0.5 : 0.5));
  const changes = along(trembling).filter((level, index, all) => level !== all[index - 1]);
  assert.equal(changes.length, 1);
});

test('where small is bad, it falls', () => {
  assert.deepEqual(along([3, 1, 1.1, 2, 0, 1], true, [1, 0]), [0, 1, 1, 0, 2, 1]);
});

test('what is unknown has no level', () => {
  assert.deepEqual(along([null, NaN, undefined]), [0, 0, 0]);
});

const QUEUE = {
  waiting: 4,
  capacity_free: 0,
  answered: 90,
  abandoned: 10,
  last_offer_at: 1_000_000 - 200_000,
  service_level: { percent: 55, promise_percent: 80, target_ms: 20_000, judged: 100 },
  health: { state: 'ok' },
};

test('a queue is measured in its own terms', () => {
  const values = measured(QUEUE, 70_000, 1_000_000);
  assert.deepEqual(values, { waiting: 4, oldest: 3.5, level: 25, abandon: 10, free: 0, quiet: 70 });
  const levels = levelsOf(values, DEFAULTS);
  assert.deepEqual(levels, { oldest: 2, level: 2, abandon: 2, free: 2, quiet: 1 });
  assert.equal(worst(levels), 2);
  assert.equal(worst({}), 0);
});

test('few cases, a pause and an empty line are no reason to alarm', () => {
  const few = {
    ...QUEUE,
    answered: 3,
    abandoned: 3,
    service_level: { ...QUEUE.service_level, judged: 6 },
  };
  assert.deepEqual(levelsOf(measured({ ...few, waiting: 0 }, null, 1_000_000), DEFAULTS), {});
  const paused = { ...few, health: { state: 'paused' } };
  assert.equal(measured(paused, 70_000, 1_000_000).quiet, null);
});

test('bounds that were kept are believed only when they are pairs of numbers', () => {
  assert.deepEqual(boundsFrom(null), DEFAULTS);
  const kept = boundsFrom({ waiting: [1, 2], oldest: ['1', 2], abandon: [1], other: [1, 2] });
  assert.deepEqual(
    [kept.waiting, kept.oldest, kept.abandon],
    [[1, 2], DEFAULTS.oldest, DEFAULTS.abandon],
  );
});
