// @ts-check
/**
 * What the page says about its connection: the stages, and how a loss leads from one to the next.
 *
 * MUST NOT touch sockets or timers. `lost` means that the server's grace has passed: work may have
 * gone to others; `over` means that nobody will try again without a person.
 */

/**
 * @typedef {'connecting' | 'connected' | 'reconnecting' | 'lost' | 'over'} Stage
 * @typedef {{stage: Stage, retryAt: number, heldUntil: number, code: string,
 *            reason: string}} Phase times are local, 0 if none; `reason` is the server's own words
 */

/** @type {Phase} */
export const START = { stage: 'connecting', retryAt: 0, heldUntil: 0, code: '', reason: '' };

/** @type {Phase} */
export const CONNECTED = { ...START, stage: 'connected' };

/** @param {string} code @param {string} [reason] @returns {Phase} */
export const over = (code, reason = '') => ({ ...START, stage: 'over', code, reason });

/**
 * The socket is gone, or none could be had; the next try is at `retryAt`.
 * @param {Phase} phase
 * @param {string} code
 * @param {number} retryAt
 * @param {number} heldUntil until when the server holds our work if it was lost now; 0: never live
 * @returns {Phase}
 */
export function afterLoss(phase, code, retryAt, heldUntil) {
  if (heldUntil === 0) return { ...START, retryAt, code };
  const stage = phase.stage === 'lost' ? 'lost' : 'reconnecting';
  return { ...START, stage, retryAt, heldUntil: phase.heldUntil || heldUntil, code };
}

/** Notice that the grace has passed. @param {Phase} phase @param {number} now @returns {Phase} */
export function atTime(phase, now) {
  const isLate = phase.stage === 'reconnecting' && now > phase.heldUntil;
  return isLate ? { ...phase, stage: 'lost' } : phase;
}
