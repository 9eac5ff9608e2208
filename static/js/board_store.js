// @ts-check
/**
 * The supervisors' board: a pure fold of a snapshot and the deltas after it.
 *
 * MUST NOT compute figures: every number is the server's. The rule: the fold of all deltas
 * equals a fresh snapshot at the same position.
 */

/**
 * @typedef {{id: string, [field: string]: any}} Row
 * @typedef {{as_of: number, position: any, workspace: string, totals: Record<string, number>,
 *            queues: Row[], agents: Row[], [field: string]: any}} Board
 * @typedef {{board: Board | null, heardAt: number, incidents: Row[], unknown: string[]}} BoardState
 *   `heardAt`: server time of the last word, of any kind
 */

const TABLES = ['queues', 'agents'];
const INCIDENTS_MAX = 20;

/** @type {BoardState} before the first snapshot */
export const NO_BOARD = { board: null, heardAt: 0, incidents: [], unknown: [] };

/**
 * @param {BoardState} state
 * @param {import('./wire.js').Push} push
 * @returns {BoardState}
 */
export function foldBoard(state, push) {
  const next = { ...state, heardAt: push.at ?? state.heardAt };
  switch (push.type) {
    case 'snapshot':
      return { ...next, board: push.board };
    case 'delta':
      return { ...next, board: state.board && change(state.board, push.changes) };
    case 'incident':
      return { ...next, incidents: merge(state.incidents, [push.incident]).slice(-INCIDENTS_MAX) };
    case 'ping':
    case 'draining':
    case 'reauth_required':
      return next;
    default:
      return { ...next, unknown: [...state.unknown, push.type] };
  }
}

/**
 * How long a queue's oldest has waited by now: the server's figure and the time since it was taken.
 * @param {Board} board
 * @param {Row} queue
 * @param {number} now server time
 * @returns {number | null} ms; null when nobody waits who could be offered
 */
export function oldestWait(board, queue, now) {
  if (!Number.isFinite(queue.oldest_wait_ms) || !queue.waiting) return null;
  return queue.oldest_wait_ms + Math.max(0, now - board.as_of);
}

/**
 * Rows change field by field, ids in `…_removed` go, every other key is replaced as a whole.
 * @param {Board} board
 * @param {Record<string, any>} changes
 * @returns {Board}
 */
function change(board, changes) {
  const result = { ...board };
  for (const [key, value] of Object.entries(changes)) {
    if (TABLES.includes(key)) result[key] = merge(result[key], value).sort(byId);
    else if (!key.endsWith('_removed')) result[key] = value;
  }
  for (const table of TABLES) {
    const gone = new Set(changes[`${table}_removed`] ?? []);
    if (gone.size > 0)
      result[table] = result[table].filter((/** @type {Row} */ { id }) => !gone.has(id));
  }
  return result;
}

/** @param {Row[]} rows @param {Row[]} changes whole rows, or parts of known ones */
function merge(rows, changes) {
  const known = new Map(rows.map((row) => [row.id, row]));
  for (const part of changes) known.set(part.id, { ...known.get(part.id), ...part });
  return [...known.values()];
}

/** @param {Row} a @param {Row} b */
const byId = (a, b) => (a.id < b.id ? -1 : 1);
