// Which day today is held against, and where its values stand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHARTS, columnsOf, readDays } from '../../../static/js/board_day.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = new Date(2027, 2, 10, 12).getTime(); // a Wednesday
const day = (end, count, more = {}) => ({
  every_ms: 60_000,
  since: 1,
  at: Array.from({ length: count }, (_, index) => end - (count - index) * 60_000),
  waiting: Array.from({ length: count }, (_, index) => index),
  ...more,
});
/** A server that knows so many minutes of each day. */
const knowing = (week, yesterday, more) => {
  const asked = [];
  const ask = async (until) => {
    asked.push(until);
    const days = Math.round((NOW + HOUR - until) / DAY);
    return day(until, days === 7 ? week : days === 1 ? yesterday : 10, more);
  };
  return { ask, asked };
};

test('the same weekday a week before, when enough is known of it', async () => {
  const { before } = await readDays(knowing(500, 900).ask, NOW, null);
  assert.equal(before.name, 'last Wednesday');
  assert.equal(new Date(NOW - before.shift).getHours(), 12);
});

test('else yesterday', async () => {
  assert.equal((await readDays(knowing(3, 900).ask, NOW, null)).before.name, 'yesterday');
  const { before } = await readDays(knowing(0, 0).ask, NOW, null);
  assert.deepEqual(before.day.at, []);
});

test('a reference is good for a while, not for ever, and not while it is being read back', async () => {
  const server = knowing(500, 900);
  const { before } = await readDays(server.ask, NOW, null);
  assert.equal(server.asked.length, 3);
  await readDays(server.ask, NOW + HOUR / 2, before);
  assert.equal(server.asked.length, 4);
  await readDays(server.ask, NOW + HOUR + 1, before);
  assert.equal(server.asked.length, 7);
  const reading = knowing(500, 900, { being_read_back: true });
  const young = await readDays(reading.ask, NOW, null);
  await readDays(reading.ask, NOW + 1, young.before);
  assert.equal(reading.asked.length, 6);
});

test('its values stand under the instants of today, and a gap stays one', async () => {
  const today = day(NOW, 3);
  const past = { ...day(NOW - DAY, 3), waiting: [7, 8, 9] };
  past.at.splice(1, 1);
  past.waiting.splice(1, 1);
  const before = { day: past, shift: DAY, name: 'yesterday', until: 0 };
  const [at, now, then] = columnsOf(CHARTS[0], today, before);
  assert.equal(at[0], today.at[0] / 1000);
  assert.deepEqual([now, then], [[0, 1, 2], [7, null, 9]]);
});
