// Every action: says before what it does, calls what it says, and knows its way back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTIONS, actionsFor, chosen } from '../../../static/js/board_actions.js';

const ONE = {
  id: 'c/1',
  queue: 'billing',
  channel: 'chat',
  state: 'assigned',
  agent: 'anna',
  priority: 2,
  customer: { name: 'Bo' },
  enqueued_at: 0,
};
const AGENT = {
  id: 'anna',
  name: 'Anna',
  presence: 'available',
  reason: '',
  queues: { billing: 1 },
  conversations: [],
};
const QUEUE = {
  id: 'billing',
  name: 'Billing',
  status: 'open',
  waiting: 1,
  offered: 0,
  assigned: 0,
};
const FROZEN = { id: 'repairs', by: 'supervisor:s', until: 9_000, left_ms: 600_000, reason: 'y' };
const MESSAGE = { id: 'b1', text: 'x', reach: 3, queue: 'billing' };
const SUBJECTS = {
  presence: AGENT,
  level: AGENT,
  pause: QUEUE,
  drain: QUEUE,
  resume: QUEUE,
  signOut: AGENT,
  thaw: FROZEN,
  message: MESSAGE,
  withdraw: MESSAGE,
};
const UNREASONED = ['message', 'withdraw', 'link', 'unlink'];
const SAID = {
  reason: 'why',
  queue: 'sales',
  keep_wait: true,
  agent: 'bob',
  priority: '9',
  presence: 'away',
  level: '2',
  minutes: '30',
  text: 'Pay is down',
};

test('each action speaks, calls its own path with the reason, and tells what it did', () => {
  for (const [name, action] of Object.entries(ACTIONS)) {
    const subject = SUBJECTS[name] ?? { ...ONE, kind: 'agent', name: 'n', text: 'x', reason: 'y' };
    const lines = action.preview(subject, SAID);
    assert.ok(lines.length > 0 && lines.every((line) => line && !line.includes('undefined')), name);
    const { method, path, body } = action.request(subject, SAID);
    assert.ok(
      ['POST', 'PUT', 'DELETE'].includes(method) && path.startsWith('v1/') && !path.includes('c/1'),
      name,
    );
    if (!UNREASONED.includes(name)) assert.equal(body.reason, 'why', name);
    assert.ok(action.done(subject, SAID), name);
  }
});

test('the way back puts back what was', () => {
  const back = (name, subject) => ACTIONS[name].undo(subject, SAID, { version: 7 });
  const again = ({ action, subject, said }) =>
    ACTIONS[action].request(subject, { reason: 'undo', ...said });
  assert.deepEqual(again(back('move', ONE)).body, {
    queue: 'billing',
    keep_wait: true,
    reason: 'undo',
  });
  assert.deepEqual(again(back('requeue', ONE)).body, { agent: 'anna', reason: 'undo' });
  assert.deepEqual(again(back('priority', ONE)).body, { priority: 2, reason: 'undo' });
  assert.equal(again(back('presence', AGENT)).body.presence, 'available');
  assert.equal(again(back('pause', QUEUE)).path, 'v1/queues/billing/resume');
  assert.deepEqual(again(back('level', AGENT)).body, { version: 7, reason: 'undo' });
  assert.equal(back('resume', QUEUE), null);
  assert.equal(back('requeue', { ...ONE, agent: null }), null);
  assert.equal(again(back('freeze', {})).path, 'v1/repairs/thaw');
  assert.equal(again(back('thaw', FROZEN)).body.for_ms, 600_000);
  assert.equal(back('thaw', { ...FROZEN, left_ms: 1_000 }), null);
  const sent = ACTIONS.message.undo(MESSAGE, SAID, { id: 'b/7' });
  assert.equal(again(sent).path, 'v1/broadcasts/b%2F7/withdraw');
  const made = ACTIONS.link.undo({ id: '' }, { text: 'Hall' }, { id: 'k-7', key: 'secret' });
  assert.equal(again(made).path, 'v1/keys/k-7');
  assert.equal(JSON.stringify(made).includes('secret'), false);
  for (const name of ['close', 'discard', 'acknowledge', 'undo', 'signOut', 'withdraw', 'unlink'])
    assert.equal(back(name, ONE), null);
});

test('a membership changes one queue and nothing else', () => {
  const settings = {
    ...AGENT,
    skills: { sql: 2 },
    capacity: { chat: 2 },
    units: null,
    blocks: {},
    wrap_up_ms: null,
    pull: false,
    version: 3,
    load: {},
  };
  const reason = 'why';
  const { path, body } = ACTIONS.level.request(settings, { queue: 'sales', level: '2', reason });
  assert.equal(path, 'v1/agents/anna/membership');
  assert.deepEqual(body, { queue: 'sales', level: 2, version: 3, reason });
  const ended = ACTIONS.level.request(settings, { queue: 'billing', level: '0', reason });
  assert.deepEqual(ended.body, { queue: 'billing', level: null, version: 3, reason });
});

test('only what the state allows is offered', () => {
  assert.deepEqual(actionsFor({ ...ONE, state: 'abandoned' }), []);
  assert.deepEqual(actionsFor({ ...ONE, quarantine: {} }), ['unquarantine', 'discard']);
  assert.ok(actionsFor({ ...ONE, state: 'offered' }).includes('release'));
  assert.ok(!actionsFor({ ...ONE, state: 'waiting' }).includes('requeue'));
});

test('many are chosen by what was said', () => {
  const rows = [
    { ...ONE, id: 'a', state: 'waiting', channel: 'mail', subject: 'Refund' },
    { ...ONE, id: 'b', state: 'waiting', enqueued_at: 500_000 },
    { ...ONE, id: 'c', state: 'offered' },
  ];
  const ids = (filter) =>
    chosen(rows, filter, 600_000)
      .map(({ id }) => id)
      .join('');
  assert.equal(ids({}), 'abc');
  assert.equal(ids({ state: 'waiting' }), 'ab');
  assert.equal(ids({ minutes: '5' }), 'ac');
  assert.equal(ids({ channel: 'mail', text: 'refu' }), 'a');
});
