// What was fetched keeps its time, what was done is done when the server said so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpProblem } from '../../../static/js/api.js';
import { columnsOf, inWords, CHARTS } from '../../../static/js/board_day.js';
import { BoardModel } from '../../../static/js/board_model.js';

const BOARD = {
  as_of: 1_000,
  totals: { offers: { made: 0 }, incidents_open: 0 },
  queues: [{ id: 'q', name: 'Q', waiting: 0, health: { state: 'ok' }, service_level: {} }],
  agents: [],
};
const PROBLEM = new HttpProblem(409, 'wrong_state', 'It is over.');

function model(answer) {
  const calls = [];
  const call = async (...said) => {
    calls.push(said);
    const given = answer(...said);
    if (given instanceof Error) throw given;
    return given;
  };
  const clock = { now: () => 5_000, local: () => 5_000 };
  const made = new BoardModel(clock, { call, read: () => null, write() {} }, () => {});
  made.take({ type: 'snapshot', seq: 1, at: 1_000, board: BOARD });
  made.connected = true;
  return { made, calls };
}

test('figures say how old they are, by the server clock', () => {
  const { made } = model(() => ({}));
  assert.equal(made.ageMs, 4_000);
  assert.equal(made.age, 'late');
  made.connected = false;
  assert.equal(made.verdict.state, 'unknown');
});

test('open incidents are fetched, pushes replace them, resolved ones are not open', async () => {
  const one = { id: 'i1', state: 'open', cause: 'x', opened_at: 1, since: 1, text: 'Old.' };
  const { made } = model((_, path) =>
    path.startsWith('v1/incidents') ? { incidents: [one] } : { estimates: [] },
  );
  await made.afterSnapshot();
  assert.deepEqual(
    made.openIncidents.map(({ text }) => text),
    ['Old.'],
  );
  made.take({ type: 'incident', seq: 2, at: 2_000, incident: { ...one, text: 'New.' } });
  assert.deepEqual(
    made.openIncidents.map(({ text }) => text),
    ['New.'],
  );
  made.take({ type: 'incident', seq: 3, at: 3_000, incident: { ...one, state: 'resolved' } });
  assert.deepEqual(made.openIncidents, []);
});

test('a new key is shown until the place is closed, and only an admin asks for the others', async () => {
  const { made, calls } = model((method) =>
    method === 'POST' ? { id: 'k-1', key: 'secret' } : { keys: [] },
  );
  made.open('links');
  assert.deepEqual(calls, []);
  made.role = 'admin';
  made.ask('link', { id: '' }, { text: 'Hall' });
  await made.confirm();
  assert.deepEqual(made.once, { id: 'k-1', key: 'secret' });
  assert.deepEqual(
    calls.map(([method, path]) => `${method} ${path}`),
    ['POST v1/keys', 'GET v1/keys'],
  );
  assert.equal(JSON.stringify(made.deeds).includes('secret'), false);
  await made.undo(made.deeds[0]);
  assert.equal(made.once, null, 'a link that was taken back is not shown');
  made.once = { id: 'k-2', key: 'secret' };
  made.close();
  assert.equal(made.once, null);
});

test('a failed look keeps what was known and says why it is old', async () => {
  let well = true;
  const { made } = model(() => (well ? { items: [1] } : PROBLEM));
  await made.fetch('v1/quarantine');
  well = false;
  await made.fetch('v1/quarantine');
  assert.deepEqual(made.got('v1/quarantine'), {
    data: { items: [1] },
    at: 5_000,
    error: 'It is over.',
  });
});

const ONE = {
  id: 'c1',
  queue: 'q',
  state: 'waiting',
  channel: 'chat',
  priority: 0,
  customer: {},
  enqueued_at: 0,
};

test('an action is done when the server said so, and can be taken back', async () => {
  const { made, calls } = model(() => ({}));
  made.ask('move', ONE, { queue: 'p', reason: 'why' });
  assert.equal(made.deeds.length, 0);
  await made.confirm();
  assert.equal(made.act, null);
  assert.deepEqual(calls[0], [
    'POST',
    'v1/conversations/c1/move',
    { queue: 'p', keep_wait: true, reason: 'why' },
  ]);
  await made.undo(made.deeds[0]);
  const back = calls.find(([, path, body]) => path.endsWith('/move') && body.queue === 'q');
  assert.match(back[2].reason, /^undo: Moved/);
  assert.equal(made.deeds[1].undo, null);
});

test('a refusal stays on the question, and nothing is noted', async () => {
  const { made } = model(() => PROBLEM);
  made.ask('close', ONE, { reason: 'why' });
  await made.confirm();
  assert.equal(made.act.error, 'It is over.');
  assert.equal(made.deeds.length, 0);
});

test('many are moved, those that cannot are named, and the moved ones go back together', async () => {
  const rows = Array.from({ length: 9 }, (_, index) => ({ ...ONE, id: `c${index}` }));
  const { made, calls } = model((_, path) => (path.includes('/c3/') ? PROBLEM : {}));
  made.askMany({ id: 'q', name: 'Q' }, rows);
  made.say('queue', 'p');
  await made.confirm();
  assert.match(made.act.error, /^1 could not be moved. c3: It is over/);
  assert.equal(made.deeds[0].text, 'Moved 8 from Q to p');
  await made.undo(made.deeds[0]);
  assert.equal(
    calls.filter(([, path, body]) => path.endsWith('/move') && body.queue === 'q').length,
    8,
  );
});

test('the day is drawn with its gaps, beside the day before', () => {
  const minute = 60_000;
  const day = {
    every_ms: minute,
    since: 0,
    at: [minute, 2 * minute, 4 * minute],
    waiting: [1, 5, 2],
  };
  const before = { every_ms: minute, since: 0, at: [2 * minute - 86_400_000], waiting: [7] };
  const [waiting] = CHARTS;
  const yesterday = { day: before, shift: 86_400_000, name: 'yesterday', until: 0 };
  assert.deepEqual(columnsOf(waiting, day, yesterday), [
    [60, 120, 180, 240],
    [1, 5, null, 2],
    [null, 7, null, null],
  ]);
  assert.match(inWords(waiting, day), /^Waiting: 2 now, at most 5 at /);
  assert.equal(inWords(waiting, { ...day, at: [], waiting: [] }), 'Waiting: nothing yet.');
});
