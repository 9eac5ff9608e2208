// @ts-check
/**
 * The supervisors' board: a pure fold of a snapshot and the deltas after it.
 *
 * MUST NOT compute figures: every number is the server's. The rule: the fold of all deltas
 * equals a fresh snapshot at the same position.
 */

/**
 * @typedef {{id: string, [field: string]: any}} Row
 * @typedef {{as_of: number, position: any, workspace: string, totals: Record<string, any>,
 *            queues: Row[], agents: Row[], [field: string]: any}} Board
 * @typedef {{board: Board | null, heardAt: number, incidents: Row[], unknown: string[]}} BoardState
 *   `heardAt`: server time of the last word, of any kind
 */

const TABLES = ['queues', 'agents'];
const RESOLVED_KEPT = 20;

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
      return { ...next, incidents: withIncidents(state.incidents, [push.incident]) };
    case 'ping':
    case 'draining':
    case 'reauth_required':
      return next;
    default:
      return { ...next, unknown: [...new Set([...state.unknown, push.type])] };
  }
}

/**
 * Incidents that were fetched, or pushed: known ones are replaced, all open ones are kept.
 * @param {Row[]} known
 * @param {Row[]} news
 * @returns {Row[]} the one that was opened first, first
 */
export function withIncidents(known, news) {
  const byId = new Map(known.map((one) => [one.id, one]));
  for (const one of news) {
    const former = byId.get(one.id);
    // What was fetched may be older than what was pushed meanwhile.
    if (!former || stepsOf(one) >= stepsOf(former)) byId.set(one.id, { ...former, ...one });
  }
  const all = [...byId.values()].sort((a, b) => (a.opened_at ?? 0) - (b.opened_at ?? 0));
  const over = all.filter(({ state }) => state === 'resolved').slice(-RESOLVED_KEPT);
  return all.filter((one) => one.state !== 'resolved' || over.includes(one));
}

/** An incident only grows. @param {Row} one */
const stepsOf = ({ steps = [], steps_left_off: more = 0 }) => steps.length + more;

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
    if (TABLES.includes(key)) result[key] = merge(result[key], value);
    else if (!key.endsWith('_removed')) result[key] = value;
  }
  for (const table of TABLES) {
    const gone = new Set(changes[`${table}_removed`] ?? []);
    if (gone.size > 0)
      result[table] = result[table].filter((/** @type {Row} */ { id }) => !gone.has(id));
  }
  return result;
}

/**
 * Rows stay sorted by id. Known ones are found by halving: a large floor changes a little at a
 * time, so the cost is that of the change and one copy of the list.
 * @param {Row[]} rows
 * @param {Row[]} changes whole rows, or parts of known ones
 */
function merge(rows, changes) {
  const result = [...rows];
  const fresh = [];
  for (const part of changes) {
    const at = indexOf(rows, part.id);
    if (rows[at]?.id === part.id) result[at] = { ...result[at], ...part };
    else fresh.push(part);
  }
  if (fresh.length === 0) return result;
  const whole = new Map(fresh.map(({ id }) => [id, /** @type {Row} */ ({ id })]));
  for (const part of fresh) whole.set(part.id, { ...whole.get(part.id), ...part });
  return [...result, ...whole.values()].sort(byId);
}

/** Where a row of this id stands, or would. @param {Row[]} rows @param {string} id */
function indexOf(rows, id) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The row of this id. @param {Row[]} rows sorted by id @param {string} id */
export function rowOf(rows, id) {
  const row = rows[indexOf(rows, id)];
  return row?.id === id ? row : undefined;
}

/** @param {Row} a @param {Row} b */
const byId = (a, b) => (a.id < b.id ? -1 : 1);
