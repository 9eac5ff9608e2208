// What the desk says, remembers and sums up, without a page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Day, figuresOf, whyOf } from '../../../static/js/agent_day.js';
import { newsOf } from '../../../static/js/agent_news.js';
import { HttpProblem } from '../../../static/js/api.js';
import { EMPTY, fold } from '../../../static/js/store.js';
import { Outbox } from '../../../static/js/tabs.js';

const START = {
  type: 'snapshot',
  seq: 1,
  at: 1_000,
  agent: { id: 'anna', presence: 'available', routable: true, capacity: { chat: 2 } },
  offers: [{ id: 'o1', conversation: 'c1', expires_at: 9_000, customer: { name: 'Bo' } }],
  conversations: [{ id: 'c9', state: 'assigned', channel: 'chat', customer: { name: 'Ana' } }],
};
const state = fold(EMPTY, START);
const news = (push) => {
  const full = { seq: 2, at: 2_000, ...push };
  return newsOf(state, fold(state, full), full);
};
const conversation = (id, more) => ({ id, state: 'assigned', customer: { name: 'Cy' }, ...more });

test('every push that matters has a sentence', () => {
  const said = [
    { type: 'offer_ended', offer: 'o1', outcome: 'rescinded', reason: 'taken' },
    { type: 'offer_ended', offer: 'o1', outcome: 'accepted', reason: '' },
    { type: 'assigned', conversation: conversation('c2') },
    {
      type: 'assigned',
      conversation: conversation('c9', { state: 'wrapping', wrap_until: 32_000 }),
    },
    { type: 'conversation_changed', conversation: conversation('c9', { idle: true }) },
    { type: 'conversation_ended', conversation: 'c9', reason: 'closed' },
    { type: 'presence', presence: 'away', reason: 'no_answer', by: 'system' },
    { type: 'presence', presence: 'away', reason: 'lunch', by: 'agent:anna' },
    { type: 'presence', presence: 'available', by: 'agent:anna', plan: { presence: 'away' } },
    { type: 'routable', routable: false, why_not: ['finishing'] },
    { type: 'routable', routable: true },
    { type: 'draining', reconnect_in_ms: 10 },
  ].flatMap((push) => news(push).map(({ tone, text }) => `${tone || 'spoken'}: ${text}`));
  assert.deepEqual(said, [
    'calm: Taken by someone else: Bo',
    'spoken: Yours: Bo',
    'good: Now yours: Cy',
    'spoken: Wrap-up of Cy: 30 s',
    'spoken: Cy is silent',
    'calm: Over: Ana (closed)',
    'warn: You were set to away: no answer',
    'spoken: You are away: lunch',
    'spoken: Finishing, then away',
    'spoken: No offers now: you finish what is in hand',
    'spoken: Offers can reach you',
    'calm: The server restarts. This page comes back by itself.',
  ]);
  assert.deepEqual(news({ type: 'conversation_ended', conversation: 'c404' }), []);
  assert.deepEqual(news({ type: 'ping' }), []);
});

test('the figures of the day count from midnight', () => {
  const offer = (state, made_at, answered_in_ms = 0) => ({ state, made_at, answered_in_ms });
  const offers = [
    offer('accepted', 1_500, 3_000),
    offer('accepted', 1_400, 9_000),
    offer('accepted', 1_300, 5_000),
    offer('declined', 1_200),
    offer('timed_out', 1_100),
    offer('rescinded', 1_050),
    offer('accepted', 900, 70_000),
  ];
  assert.deepEqual(figuresOf(offers, 1_000), {
    offers: 6,
    accepted: 3,
    declined: 1,
    missed: 1,
    other: 1,
    typicalMs: 5_000,
  });
  assert.equal(figuresOf([], 0).typicalMs, null);
});

test('why: the own reasons, each once', () => {
  const reasons = [{ code: 'at_capacity', text: 'at capacity' }];
  const found = whyOf({
    sentence: 'Billing: offered to a colleague now.',
    members: [{ agent: 'anna', reasons }],
    offers: [
      { agent: null, reasons },
      { agent: null, reasons },
      { agent: 'anna', state: 'declined', reasons: [] },
    ],
  });
  assert.deepEqual(found.facts, [
    'offered to you: declined',
    'now: at capacity',
    'when a colleague was asked: at capacity',
  ]);
});

test('the day says in words when the server cannot be asked', async () => {
  const day = new Day('anna', async (_, path) => {
    if (path.includes('explain')) throw new HttpProblem(404, 'unknown_conversation', 'x');
    throw new HttpProblem(0, 'unreachable', 'The server cannot be reached.');
  });
  await day.load();
  assert.deepEqual([day.offers.value, day.trouble.value], [null, 'The server cannot be reached.']);
  await day.explain('c/1');
  assert.match(day.whys.value['c/1'].sentence, /No such conversation/);
});

test('the outbox survives its page, and a damaged one is empty', () => {
  const kept = new Map();
  const storage = {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, text) => kept.set(name, text),
  };
  const accept = { type: 'accept', offer: 'o1' };
  new Outbox('anna', storage).put('o1', accept);
  assert.deepEqual(new Outbox('anna', storage).all, { o1: accept });
  assert.deepEqual(new Outbox('bob', storage).all, {});
  new Outbox('anna', storage).put('o1', null);
  assert.deepEqual(new Outbox('anna', storage).all, {});
  kept.set('interlock.outbox.anna', '{');
  assert.deepEqual(new Outbox('anna', storage).all, {});
});
