// @ts-check
/**
 * Words of the board: states, reasons, ages, instants.
 *
 * MUST NOT return markup. A code without words is shown as it came.
 */

import { duration, plain } from './words.js';

/** @type {Record<string, string>} */
const AGAINST = {
  away: 'away',
  offline: 'signed off',
  disconnected: 'no live connection',
  finishing: 'finishes the work in hand, then away',
  at_capacity: 'at capacity',
  wrap_up: 'in wrap-up',
  blocked: 'kept from it by work on another channel',
  back_off: 'rests after the last offer',
  no_room: 'no room left on this channel',
  channel: 'does not take this channel now',
  passed_over: 'passed over after a decline or a miss',
  held_for_preferred: 'the preferred agent is tried first',
  level: 'the level is not open yet',
  closed: 'the queue is closed by its hours',
  queue_paused: 'the queue is paused',
  later: 'could have had it, stood behind the chosen one',
  offered_now: 'has the offer now',
  holds_it: 'holds the conversation',
};

/** Why not this agent. @param {string} code */
export function againstText(code) {
  const [kind, name] = String(code).split(':');
  if (kind === 'skill') return `lacks the skill ${name}`;
  if (kind === 'blocked_by') return `work on ${name} keeps it away`;
  return AGAINST[code] ?? plain(code);
}

/** @param {string[] | undefined} codes */
export const againstAll = (codes) => (codes ?? []).map(againstText).join(', ');

/** @type {Record<string, string>} */
const UNKNOWN = {
  not_waiting: 'nobody waits',
  paused: 'paused',
  closed: 'closed',
  nobody_on: 'nobody on',
  stalled: 'stalled',
  no_data: 'too few handled',
};

/** Why a wait cannot be estimated. @param {string} code */
export const unknownText = (code) => UNKNOWN[code] ?? plain(code);

/** @type {Record<string, string>} */
const STEPS = {
  repaired: 'Repaired',
  escalated: 'A person was called',
  acknowledged: 'Acknowledged',
  seen_again: 'Seen again',
  noted: 'Noted',
  resolved: 'Over',
};

/** What was done about an incident. @param {string} step */
export const stepText = (step) => STEPS[step] ?? plain(step);

/** @type {Record<string, string>} */
const HEALTH = {
  ok: 'OK',
  stalled: 'Stalled',
  degraded: 'Degraded',
  starved: 'Starved',
  paused: 'Paused',
  closed: 'Closed',
  unknown: 'Not known',
};

/** @param {string} state */
export const healthText = (state) => HEALTH[state] ?? plain(state);

/** Made once: to make one for each figure was half the work of drawing a table. */
const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** A whole or short number, or a dash. @param {any} value */
export function figure(value) {
  if (!Number.isFinite(value)) return '–';
  return Number.isInteger(value) && Math.abs(value) < 1000 ? String(value) : NUMBER.format(value);
}

/** @param {any} value */
export const percent = (value) =>
  Number.isFinite(value) ? `${Math.round(value * 10) / 10}\u00a0%` : '–';

/** @param {any} ms */
export const span = (ms) => (Number.isFinite(ms) ? duration(ms) : '–');

/** A few letters for narrow places: `45 s`, `3 min`, `2 h`. @param {any} ms */
export function brief(ms) {
  if (!Number.isFinite(ms)) return '–';
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** How old figures are. @param {number} ms */
export const ageText = (ms) => (ms < 1000 ? 'now' : `${brief(ms)} ago`);

/** @param {number} at ms since the epoch */
export const clockText = (at) =>
  new Date(at).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });

/** @param {number} at ms since the epoch */
export const dayText = (at) =>
  `${new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${clockText(at)}`;

/** One value of a difference or of evidence, short. @param {any} value */
export function valueText(value) {
  if (value === null || value === undefined) return 'nothing';
  const text = saidOf(value, '; ');
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

/** Names and values without the signs of a program; what is empty is left out. @param {any} value @param {string} between @returns {string} */
function saidOf(value, between) {
  if (Array.isArray(value)) return value.map((one) => saidOf(one, ', ')).join(', ') || 'none';
  if (value === null || typeof value !== 'object') return String(value);
  const parts = Object.entries(value)
    .filter(([, one]) => one !== null && saidOf(one, ', ') !== 'none')
    .map(([key, one]) => `${key}${typeof one === 'object' ? ': ' : ' '}${saidOf(one, ', ')}`);
  return parts.join(between) || 'none';
}

/** `1 queue`, `3 queues`. @param {number} count @param {string} noun */
export const counted = (count, noun) => `${figure(count)} ${noun}${count === 1 ? '' : 's'}`;
