// The board is a pure fold: deltas lead to what a fresh snapshot would give.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_BOARD, foldBoard, oldestWait } from '../../../static/js/board_store.js';

const BOARD = {
  as_of: 1_000,
  position: '1-1',
  workspace: 'main',
  totals: { waiting: 3 },
  queues: [
    { id: 'a', waiting: 1, health: { state: 'ok' } },
    { id: 'c', waiting: 2 },
  ],
  agents: [{ id: 'anna', routable: true }],
};
const start = foldBoard(NO_BOARD, { type: 'snapshot', seq: 1, at: 1_000, board: BOARD });
const after = (changes, at = 1_250) => foldBoard(start, { type: 'delta', seq: 2, at, changes });

test('a snapshot is the board', () => {
  assert.deepEqual(start.board, BOARD);
  assert.equal(start.heardAt, 1_000);
});

test('rows change field by field, the rest as a whole', () => {
  const { board } = after({
    as_of: 1_250,
    totals: { offered: 1 },
    queues: [{ id: 'a', waiting: 0 }],
  });
  assert.deepEqual(board.queues[0], { id: 'a', waiting: 0, health: { state: 'ok' } });
  assert.deepEqual(
    [board.totals, board.as_of, board.agents],
    [{ offered: 1 }, 1_250, BOARD.agents],
  );
});

test('new rows take their place by id, removed ones go', () => {
  const { board } = after({
    queues: [{ id: 'b', waiting: 9 }],
    queues_removed: ['a'],
    agents_removed: ['anna'],
  });
  assert.deepEqual(
    board.queues.map(({ id }) => id),
    ['b', 'c'],
  );
  assert.deepEqual(board.agents, []);
  assert.equal('queues_removed' in board, false);
});

test('the fold never changes what it is given', () => {
  const before = JSON.stringify(start);
  after({ queues: [{ id: 'b' }, { id: 'a', waiting: 7 }], queues_removed: ['c'] });
  assert.equal(JSON.stringify(start), before);
});

test('a delta without a snapshot makes no board', () => {
  assert.equal(
    foldBoard(NO_BOARD, { type: 'delta', seq: 1, at: 1, changes: { as_of: 1 } }).board,
    null,
  );
});

test('any word of the server is a sign of life', () => {
  assert.equal(foldBoard(start, { type: 'ping', seq: 2, at: 9_000 }).heardAt, 9_000);
});

test('an incident is known by its id, an unknown push is not hidden', () => {
  const one = foldBoard(start, {
    type: 'incident',
    seq: 2,
    at: 1,
    incident: { id: 'i1', cause: 'stall' },
  });
  const two = foldBoard(one, {
    type: 'incident',
    seq: 3,
    at: 2,
    incident: { id: 'i1', state: 'resolved' },
  });
  assert.deepEqual(two.incidents, [{ id: 'i1', cause: 'stall', state: 'resolved' }]);
  assert.deepEqual(foldBoard(start, { type: 'weather', seq: 2, at: 1 }).unknown, ['weather']);
});

test('the oldest wait grows by itself; nobody eligible is no wait', () => {
  assert.equal(oldestWait(BOARD, { id: 'a', waiting: 1, oldest_wait_ms: 5_000 }, 3_000), 7_000);
  assert.equal(oldestWait(BOARD, { id: 'a', waiting: 1, oldest_wait_ms: 0 }, 900), 0);
  assert.equal(oldestWait(BOARD, { id: 'a', waiting: 1, oldest_wait_ms: null }, 3_000), null);
  assert.equal(oldestWait(BOARD, { id: 'a', waiting: 0, oldest_wait_ms: 5_000 }, 3_000), null);
});
