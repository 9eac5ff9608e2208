// Sums, rates, ages and the verdict: nothing old is called well, nothing unknown is called 0.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  STANDS,
  abandonRate,
  acceptRate,
  ageOf,
  levelNow,
  perMinute,
  standOf,
  standing,
  verdictOf,
  withJudged,
  withSample,
} from '../../../static/js/board_figures.js';
import { valueText } from '../../../static/js/board_words.js';

const agent = (parts) => ({
  presence: 'available',
  connection: 'connected',
  why_not: [],
  ...parts,
});
const queue = (state, since = 5, more = {}) => ({
  id: state,
  name: state,
  health: { state, since, text: `${state}: text` },
  ...more,
});
const board = (...queues) => ({ queues, agents: [], totals: {} });

test('every agent stands in one place', () => {
  assert.equal(standOf(agent({ routable: true })), 'routable');
  assert.equal(standOf(agent({ presence: 'offline', connection: 'lost' })), 'offline');
  assert.equal(standOf(agent({ presence: 'away' })), 'away');
  assert.equal(standOf(agent({ connection: 'grace' })), 'lost');
  assert.equal(standOf(agent({ why_not: ['wrap_up'] })), 'wrap_up');
  assert.equal(standOf(agent({ why_not: ['at_capacity'] })), 'busy');
  assert.equal(standOf(agent({ why_not: ['back_off'] })), 'resting');
  const counts = standing([agent({ routable: true }), agent({ presence: 'away' })]);
  assert.deepEqual(
    Object.keys(counts),
    STANDS.map(([key]) => key),
  );
  assert.deepEqual([counts.routable, counts.away, counts.lost], [1, 1, 0]);
});

test('rates without cases are unknown', () => {
  assert.equal(abandonRate({ answered: 0, abandoned: 0 }), null);
  assert.equal(abandonRate({ answered: 3, abandoned: 1 }), 25);
  assert.equal(acceptRate({ accepted: 0, declined: 0, timed_out: 0 }), null);
  assert.equal(acceptRate({ made: 9, accepted: 3, declined: 2, timed_out: 1 }), 50);
});

test('offers a minute are of the last minute, and begin anew with the day', () => {
  let samples = [];
  for (let second = 0; second <= 120; second += 1)
    samples = withSample(samples, second * 1_000, second * 2);
  assert.equal(perMinute(samples), 120);
  assert.ok(samples.length <= 62);
  samples = withSample(samples, 121_000, 0);
  assert.equal(perMinute(samples), null);
  assert.equal(perMinute([]), null);
  assert.equal(perMinute(withSample([{ at: 0, total: 0 }], 3_000, 5)), null);
});

test('the service level of late falls at once when a queue stands, and is not made up', () => {
  const queues = (hits, judged) => [
    { service_level: { hits: hits - 10, judged: judged - 10 } },
    { service_level: { hits: 10, judged: 10 } },
    { service_level: null },
  ];
  let samples = [];
  const watch = (fromS, toS, hits, judged) => {
    for (let at = fromS; at <= toS; at += 1)
      samples = withJudged(samples, at * 1_000, queues(hits(at), judged(at)));
  };
  watch(0, 30, () => 900, () => 1_000);
  assert.equal(levelNow(samples), null, 'not watched for long enough');
  watch(31, 120, () => 900, () => 1_000);
  assert.deepEqual(levelNow(samples), { percent: null, ms: 120_000 });
  // Of a day at 90 %: for ten minutes one a second is due, and nobody is answered.
  watch(121, 720, () => 900, (at) => 1_000 + at - 120);
  assert.equal(levelNow(samples).percent, 0);
  watch(721, 2_000, (at) => 900 + at - 720, (at) => 1_600 + at - 720);
  assert.deepEqual(levelNow(samples), { percent: 100, ms: 900_000 });
  assert.ok(samples.length <= 91);
  // One who leaves late is judged no more: the figure stays within its bounds.
  watch(2_001, 2_011, () => 2_180, () => 2_879);
  assert.ok(levelNow(samples).percent <= 100);
  watch(2_012, 2_030, () => 10, () => 10);
  assert.equal(levelNow(samples), null, 'another day began');
});

test('figures age', () => {
  assert.deepEqual(
    [0, 2_500, 4_500].map((ms) => ageOf(ms, true)),
    ['live', 'late', 'stale'],
  );
  assert.equal(ageOf(0, false), 'stale');
});

test('the gravest is told first, with how many more', () => {
  const sick = board(queue('starved', 1), queue('stalled', 9), queue('degraded', 2), queue('ok'));
  const verdict = verdictOf(sick, [], 'live', null);
  assert.deepEqual(verdict, { state: 'stalled', text: 'stalled: text And 2 more.', since: 9 });
});

test('well means: fresh, no incident, nobody suffers', () => {
  assert.equal(verdictOf(board(queue('ok')), [], 'live', null).state, 'ok');
  assert.match(verdictOf(board(queue('paused')), [], 'live', null).text, /1 paused/);
  assert.equal(verdictOf(board(queue('ok')), [], 'stale', null).state, 'unknown');
  assert.equal(verdictOf(null, [], 'live', null).state, 'unknown');
  const open = [{ state: 'open', text: 'The store is away.', since: 3 }];
  assert.equal(verdictOf(board(queue('ok')), open, 'live', null).state, 'degraded');
  const away = { ready: false, reasons: ['The store does not answer.'] };
  const verdict = verdictOf(board(queue('ok')), [], 'late', away);
  assert.deepEqual([verdict.state, verdict.text], ['unknown', 'The store does not answer.']);
});

test('a change of configuration reads as words, and what is empty is left out', () => {
  const made = { name: 'You', queues: { vip: 1, sales: 2 }, skills: {}, units: 3, end: null };
  assert.equal(valueText(made), 'name You; queues: vip 1, sales 2; units 3');
  assert.equal(valueText({ routable: false, load: 0 }), 'routable false; load 0');
  assert.equal(valueText(['a', 'b']), 'a, b');
  assert.equal(valueText(false), 'false');
  assert.equal(valueText({}), 'none');
  assert.equal(valueText(null), 'nothing');
  assert.equal(valueText('x'.repeat(400)).length, 161);
});
