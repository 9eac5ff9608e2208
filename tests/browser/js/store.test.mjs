// The agent's state is a pure fold of what the server said.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY, dropOffer, fold, occupancy } from '../../../static/js/store.js';

const AGENT = {
  id: 'anna',
  presence: 'available',
  routable: true,
  why_not: [],
  capacity: { chat: 3 },
};
const offer = (id, expires_at = 20_000) => ({
  id,
  conversation: `c-${id}`,
  queue: 'billing',
  channel: 'chat',
  expires_at,
});
const held = (id, state = 'assigned') => ({ id, queue: 'billing', channel: 'chat', state });
const snapshot = {
  type: 'snapshot',
  seq: 1,
  at: 1_000,
  agent: AGENT,
  offers: [offer('o1')],
  conversations: [held('c9')],
};
const run = (...pushes) =>
  pushes.reduce(
    (state, push, index) => fold(state, { seq: index + 1, at: 1_000 + index, ...push }),
    EMPTY,
  );

/** Freeze everything inside, so that a fold that changes its input fails. */
function frozen(value) {
  if (value && typeof value === 'object') Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

test('a snapshot is everything', () => {
  const state = run(snapshot);
  assert.equal(state.agent.id, 'anna');
  assert.deepEqual(state.offers, [offer('o1')]);
  assert.deepEqual(state.conversations, [held('c9')]);
  assert.deepEqual([state.seq, state.at], [1, 1_000]);
});

test('a later snapshot replaces, and keeps what was lately', () => {
  const state = run(
    snapshot,
    { type: 'offer_ended', offer: 'o1', outcome: 'timed_out' },
    { ...snapshot, offers: [], conversations: [] },
  );
  assert.deepEqual([state.offers, state.conversations], [[], []]);
  assert.equal(state.recent[0].outcome, 'timed_out');
});

test('the agent of a board row is understood too', () => {
  const state = run({
    ...snapshot,
    agent: { ...AGENT, presence: 'away', reason: 'lunch', by: 'agent:anna', since: 77 },
  });
  const { presence_reason, presence_by, presence_since } = state.agent;
  assert.deepEqual([presence_reason, presence_by, presence_since], ['lunch', 'agent:anna', 77]);
});

test('offers stand in the order of their deadlines; the same id again is the same offer', () => {
  const state = run(
    { ...snapshot, offers: [] },
    { type: 'offer', offer: offer('o2', 30) },
    { type: 'offer', offer: offer('o1', 20) },
    { type: 'offer', offer: offer('o1', 40) },
    { type: 'offer', offer: offer('o3', 10) },
  );
  assert.deepEqual(
    state.offers.map(({ id, expires_at }) => [id, expires_at]),
    [
      ['o3', 10],
      ['o2', 30],
      ['o1', 40],
    ],
  );
});

test('an ended offer goes and is remembered; an unknown one changes nothing', () => {
  const state = run(snapshot, {
    type: 'offer_ended',
    offer: 'o1',
    outcome: 'rescinded',
    reason: 'taken',
  });
  assert.deepEqual(state.offers, []);
  assert.deepEqual(state.recent, [
    { offer: offer('o1'), outcome: 'rescinded', reason: 'taken', at: 1_001 },
  ]);
  const again = fold(state, {
    type: 'offer_ended',
    seq: 3,
    at: 5,
    offer: 'o1',
    outcome: 'timed_out',
  });
  assert.equal(again.recent, state.recent);
});

test('assigned, then wrapping, then gone', () => {
  const taken = run(snapshot, { type: 'assigned', conversation: held('c1') });
  assert.deepEqual(
    taken.conversations.map(({ id }) => id),
    ['c9', 'c1'],
  );
  const wrapping = fold(taken, {
    type: 'assigned',
    seq: 3,
    at: 1,
    conversation: held('c9', 'wrapping'),
  });
  assert.deepEqual(
    wrapping.conversations.map(({ id, state }) => [id, state]),
    [
      ['c9', 'wrapping'],
      ['c1', 'assigned'],
    ],
  );
  const gone = fold(wrapping, {
    type: 'conversation_ended',
    seq: 4,
    at: 1,
    conversation: 'c9',
    reason: 'closed',
  });
  assert.deepEqual(
    gone.conversations.map(({ id }) => id),
    ['c1'],
  );
});

test('a wrap-up knows since when it runs, also when it is extended', () => {
  const first = { ...held('c9', 'wrapping'), wrap_until: 9_000 };
  const state = run(snapshot, { type: 'assigned', conversation: first });
  assert.equal(state.conversations[0].wrap_from, 1_001);
  const more = {
    type: 'assigned',
    seq: 3,
    at: 5_000,
    conversation: { ...first, wrap_until: 60_000 },
  };
  const longer = fold(state, more).conversations[0];
  assert.deepEqual([longer.wrap_from, longer.wrap_until], [1_001, 60_000]);
});

test('presence starts its clock when it or its reason changes, as at the server', () => {
  const away = { type: 'presence', presence: 'away', reason: 'no_answer', by: 'system' };
  const state = run(snapshot, away);
  assert.equal(state.agent.presence_since, 1_001);
  const planned = { ...away, plan: { presence: 'offline', custom_presence: null, reason: '' } };
  const same = fold(state, { ...planned, seq: 3, at: 9_000 });
  assert.deepEqual([same.agent.plan.presence, same.agent.presence_since], ['offline', 1_001]);
  const other = fold(same, { ...away, reason: 'lunch', seq: 4, at: 9_500, channels: [] });
  assert.deepEqual(
    [other.agent.presence_reason, other.agent.presence_since, other.agent.plan],
    ['lunch', 9_500, null],
  );
});

test('a conversation that falls silent stays, and takes no room', () => {
  const change = { type: 'conversation_changed', conversation: { ...held('c9'), idle: true } };
  const state = run(snapshot, change);
  assert.equal(state.conversations[0].idle, true);
  assert.deepEqual(occupancy(state), [{ channel: 'chat', used: 1, total: 3 }]);
  assert.deepEqual(state.unknown, []);
});

test('a bound over all channels is a row of its own', () => {
  const agent = { ...AGENT, capacity: { chat: 3, mail: 2 }, units: 4 };
  const rows = occupancy(run({ ...snapshot, agent }));
  assert.deepEqual(rows.at(-1), { channel: 'all together', used: 2, total: 4 });
});

test('routable comes with why not', () => {
  const state = run(snapshot, { type: 'routable', routable: false, why_not: ['wrap_up'] });
  assert.deepEqual([state.agent.routable, state.agent.why_not], [false, ['wrap_up']]);
});

test('pushes before a snapshot do not make an agent up', () => {
  assert.equal(
    run({ type: 'presence', presence: 'away' }, { type: 'routable', routable: true }).agent,
    null,
  );
});

test('a push of an unknown kind changes nothing and is not hidden', () => {
  const state = run(snapshot, { type: 'weather', sun: true });
  assert.deepEqual(state.unknown, ['weather']);
  assert.deepEqual(state.offers, [offer('o1')]);
});

test('a refused answer takes the offer away, and its late end is not told twice', () => {
  const dropped = dropOffer(run(snapshot), 'o1', 'offer_taken', 50);
  assert.deepEqual(
    [dropped.offers, dropped.recent[0].outcome, dropped.recent[0].reason],
    [[], 'refused', 'offer_taken'],
  );
  const late = fold(dropped, {
    type: 'offer_ended',
    seq: 2,
    at: 60,
    offer: 'o1',
    outcome: 'rescinded',
    reason: 'taken',
  });
  assert.equal(late.recent.length, 1);
});

test('load counts offers and held conversations by channel', () => {
  const agent = { ...AGENT, capacity: { chat: 3, mail: 5 } };
  const state = run({
    ...snapshot,
    agent,
    conversations: [held('c9'), { ...held('c8'), channel: 'mail', units: 2 }],
  });
  assert.deepEqual(occupancy(state), [
    { channel: 'chat', used: 2, total: 3 },
    { channel: 'mail', used: 2, total: 5 },
  ]);
});

test('the fold never changes what it is given', () => {
  const pushes = [
    { type: 'offer', offer: offer('o2', 1) },
    { type: 'offer_ended', offer: 'o1', outcome: 'declined', reason: '' },
    { type: 'assigned', conversation: held('c9', 'wrapping') },
    { type: 'conversation_ended', conversation: 'c9' },
    { type: 'presence', presence: 'away', reason: '', by: '' },
    { type: 'routable', routable: false },
    { type: 'odd' },
    snapshot,
  ];
  for (const push of pushes) fold(frozen(run(snapshot)), frozen({ seq: 2, at: 2, ...push }));
});
