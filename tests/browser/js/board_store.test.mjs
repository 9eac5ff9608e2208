// The board is a pure fold: deltas lead to what a fresh snapshot would give.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  NO_BOARD,
  foldBoard,
  oldestWait,
  rowOf,
  withIncidents,
} from '../../../static/js/board_store.js';

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
  const once = foldBoard(start, { type: 'weather', seq: 2, at: 1 });
  assert.deepEqual(once.unknown, ['weather']);
  assert.deepEqual(foldBoard(once, { type: 'weather', seq: 3, at: 2 }).unknown, ['weather']);
});

test('the oldest wait grows by itself; nobody eligible is no wait', () => {
  assert.equal(oldestWait(BOARD, { id: 'a', waiting: 1, oldest_wait_ms: 5_000 }, 3_000), 7_000);
  assert.equal(oldestWait(BOARD, { id: 'a', waiting: 1, oldest_wait_ms: 0 }, 900), 0);
  assert.equal(oldestWait(BOARD, { id: 'a', waiting: 1, oldest_wait_ms: null }, 3_000), null);
  assert.equal(oldestWait(BOARD, { id: 'a', waiting: 0, oldest_wait_ms: 5_000 }, 3_000), null);
});

test('an incident that was fetched late does not undo what was pushed', () => {
  const one = { id: 'i1', opened_at: 1, state: 'open', steps: [] };
  const known = { ...one, acknowledged_by: 'me', steps: [{ step: 'acknowledged' }] };
  assert.deepEqual(withIncidents([known], [one]), [known]);
  assert.deepEqual(withIncidents([one], [known]), [known]);
});

test('all open incidents are kept, of the others the latest', () => {
  const many = Array.from({ length: 60 }, (_, at) => ({
    id: `i${at}`,
    opened_at: at,
    state: at % 2 ? 'open' : 'resolved',
  }));
  const kept = withIncidents([], many);
  assert.equal(kept.filter(({ state }) => state === 'open').length, 30);
  assert.equal(kept.filter(({ state }) => state === 'resolved').length, 20);
  assert.ok(kept.some(({ id }) => id === 'i58'));
});

test('a large floor folds as a small one', () => {
  const rows = Array.from({ length: 500 }, (_, at) => ({
    id: `q${String(at).padStart(3, '0')}`,
    n: 0,
  }));
  const big = foldBoard(NO_BOARD, {
    type: 'snapshot',
    seq: 1,
    at: 1,
    board: { ...BOARD, queues: rows },
  });
  const changes = {
    queues: [
      { id: 'q000', n: 1 },
      { id: 'q499', n: 2 },
      { id: 'q250x', n: 3 },
    ],
  };
  const { board } = foldBoard(big, { type: 'delta', seq: 2, at: 2, changes });
  assert.equal(board.queues.length, 501);
  assert.deepEqual([rowOf(board.queues, 'q000').n, rowOf(board.queues, 'q250x').n], [1, 3]);
  assert.equal(rowOf(board.queues, 'q9'), undefined);
  assert.equal(board.queues[7], rows[7]);
});
