// @ts-check
/**
 * Thresholds in two levels: a figure reaches a level at its bound and leaves it only when it is
 * clearly back, so that nothing blinks.
 *
 * MUST NOT look at the clock or the page. A figure that is unknown has no level.
 */

import { abandonRate } from './board_figures.js';

/**
 * @typedef {import('./board_store.js').Row} Row
 * @typedef {0 | 1 | 2} Level 1: look at it, 2: act
 * @typedef {Record<string, Level>} Levels by kind, without those at 0
 * @typedef {Record<string, [caution: number, stop: number]>} Bounds
 */

/** @type {[kind: string, text: string, unit: string, falls: boolean][]} what can be bounded */
export const KINDS = [
  ['waiting', 'Waiting', '', false],
  ['oldest', 'Oldest wait, in parts of the target', '×', false],
  ['level', 'Service level, in points below the promise', 'points', false],
  ['abandon', 'Abandoned', '%', false],
  ['free', 'Free units while somebody waits', '', true],
  ['quiet', 'No offer although somebody waits', 's', false],
];

/** @type {Bounds} */
export const DEFAULTS = {
  waiting: [10, 25],
  oldest: [1, 3],
  level: [0.1, 20],
  abandon: [5, 10],
  free: [1, 0],
  quiet: [30, 120],
};

/** How far back a figure must be to leave a level. */
const SLACK = 0.2;
const ENOUGH = 20;

/**
 * @param {number | null} value
 * @param {[number, number]} bounds
 * @param {Level} former
 * @param {boolean} falls whether small is bad
 * @returns {Level}
 */
export function levelOf(value, [caution, stop], former, falls = false) {
  if (value === null || !Number.isFinite(value)) return 0;
  const beyond = (/** @type {number} */ bound) => (falls ? value <= bound : value >= bound);
  const near = (/** @type {number} */ bound) =>
    falls ? value <= bound * (1 + SLACK) : value >= bound * (1 - SLACK);
  if (beyond(stop) || (former === 2 && near(stop))) return 2;
  return beyond(caution) || (former >= 1 && near(caution)) ? 1 : 0;
}

/**
 * @param {Row} queue
 * @param {number | null} oldestMs
 * @param {number} now server time
 * @returns {Record<string, number | null>} what is held against the bounds, by kind
 */
export function measured(queue, oldestMs, now) {
  const {
    percent,
    promise_percent: promise,
    target_ms: target,
    judged,
  } = queue.service_level ?? {};
  const enough = (judged ?? 0) >= ENOUGH;
  const paused = queue.health?.state === 'paused';
  const eligible = oldestMs !== null && queue.waiting > 0;
  return {
    waiting: queue.waiting,
    oldest: eligible && target ? oldestMs / target : null,
    level: enough && Number.isFinite(percent) ? promise - percent : null,
    abandon: queue.answered + queue.abandoned >= ENOUGH ? abandonRate(queue) : null,
    free: eligible ? queue.capacity_free : null,
    // Since the last offer, or since the oldest came, whichever is later.
    quiet:
      eligible && !paused && oldestMs !== null
        ? Math.min(oldestMs, queue.last_offer_at ? now - queue.last_offer_at : oldestMs) / 1000
        : null,
  };
}

/**
 * @param {Record<string, number | null>} values
 * @param {Bounds} bounds
 * @param {Levels} former
 * @returns {Levels}
 */
export function levelsOf(values, bounds, former = {}) {
  /** @type {Levels} */
  const levels = {};
  for (const [kind, , , falls] of KINDS) {
    const level = levelOf(values[kind], bounds[kind] ?? DEFAULTS[kind], former[kind] ?? 0, falls);
    if (level) levels[kind] = level;
  }
  return levels;
}

/** @param {Levels} levels @returns {Level} */
export const worst = (levels) => /** @type {Level} */ (Math.max(0, ...Object.values(levels)));

/**
 * Bounds as they were kept in the browser; what is no pair of numbers is the default.
 * @param {any} kept
 * @returns {Bounds}
 */
export function boundsFrom(kept) {
  const pair = (/** @type {any} */ value) =>
    Array.isArray(value) && value.length === 2 && value.every((one) => Number.isFinite(one));
  return Object.fromEntries(
    KINDS.map(([kind]) => [kind, pair(kept?.[kind]) ? kept[kind] : DEFAULTS[kind]]),
  );
}
