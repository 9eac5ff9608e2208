// @ts-check
/**
 * Sentences for people: outcomes, reasons, refusals, durations.
 *
 * MUST NOT return markup. The rule: a code without a sentence is shown as it came, never hidden
 * and never guessed.
 */

/** @type {Record<string, string>} */
const RESCINDED = {
  taken: 'taken by someone else',
  accepted: 'taken by someone else',
  abandoned: 'the customer left',
  customer_left: 'the customer left',
  canceled: 'it was canceled',
  moved: 'it was moved to another queue',
  presence: 'your presence changed',
  agent_removed: 'you were removed',
  membership: 'you are no longer a member of its queue',
  assigned: 'a supervisor gave it to someone',
  released: 'a supervisor put it back in line',
  requeued: 'a supervisor put it back in line',
  closed: 'it was closed',
  paused: 'its queue was paused',
  offline: 'you went offline',
  away: 'you went away',
  disconnected: 'your connection was lost',
  connection_lost: 'your connection was lost',
};

/** @type {Record<string, string>} */
const WHY_NOT = {
  away: 'you are away',
  offline: 'you are offline',
  disconnected: 'your connection is not established',
  grace: 'your connection is not established',
  back_off: 'a short pause after the last offer',
  finishing: 'you finish what is in hand',
  blocked: 'your work on another channel comes first',
  at_capacity: 'you are at capacity',
  wrap_up: 'you are in wrap-up',
  no_queues: 'you are in no queue',
};

/** @type {Record<string, string>} */
const REFUSED = {
  offer_expired: 'Time had already run out.',
  offer_taken: 'Already taken by someone else.',
  offer_rescinded: 'It was already withdrawn.',
  offer_declined: 'It was already declined.',
  unknown_offer: 'The server no longer knows this offer.',
  not_yours: 'This is not yours any more.',
  nothing_waiting: 'Nothing waits there that you may have.',
  pull_not_allowed: 'You may not pick from queues.',
  not_in_format: 'This server cannot store outcomes yet. Complete without one.',
  not_extendable: 'This wrap-up cannot be extended.',
  wrong_state: 'It is no longer in a state that allows this.',
  conversation_ended: 'The conversation has already ended.',
  unknown_outcome:
    'The connection was lost before an answer came. What you see now is what the server did.',
  signed_off: 'Not sent: you are no longer connected.',
};

/** @type {Record<string, string>} */
const OVER = {
  signed_out: 'Your sign-in has ended.',
  forbidden: 'This sign-in may not use this page.',
  left: 'You signed out.',
  closed_4500: 'The server did not accept this sign-in.',
  closed_4501: 'Your sign-in has ended.',
  closed_4502: 'This session was taken over in another window.',
  closed_4506: 'This page is older than the server. Reload it.',
};

const NAME_MAX = 48;

/** Presence reasons to choose from. */
export const AWAY_REASONS = [
  ['break', 'Break'],
  ['lunch', 'Lunch'],
  ['meeting', 'Meeting'],
  ['training', 'Training'],
];

/** Decline reasons when the offer names none of its own. */
export const DECLINE_REASONS = [
  ['busy', 'Busy right now'],
  ['wrong_skill', 'Not my subject'],
  ['conflict', 'I know this customer'],
];

/** What can come of a conversation. */
export const OUTCOMES = [
  ['resolved', 'Resolved'],
  ['follow_up', 'Follow-up needed'],
  ['callback', 'Call back'],
  ['not_resolved', 'Not resolved'],
  ['wrong_place', 'Wrong place'],
];

/** @type {Record<string, string>} */
const STRATEGIES = {
  longest_idle: 'free the longest',
  least_loaded: 'least in hand',
  round_robin: 'your turn',
  random: 'drawn by lot',
  fewest_accepted: 'fewest taken so far',
  linear: 'first in the queue’s order',
  all_at_once: 'offered to several at once',
};

/** @param {string} code such as `no_answer` @returns {string} readable: `no answer` */
export const plain = (code) => String(code ?? '').replaceAll('_', ' ');

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * Who asks: the customer's name, or what stands in for it.
 * @param {any} item offer or conversation
 */
export function whoIs(item) {
  const name = item?.customer?.name;
  return typeof name === 'string' && name.trim() !== '' ? name : 'Customer without a name';
}

/** The same, for a line of text. @param {any} item offer or conversation */
export function shortName(item) {
  const letters = [...whoIs(item)];
  return letters.length > NAME_MAX ? `${letters.slice(0, NAME_MAX).join('')}…` : letters.join('');
}

/** Name of the queue of an offer or a conversation. @param {any} item @returns {string} */
export const queueOf = (item) => item.queue_name || item.queue;

/** @param {string} reason */
const rescinded = (reason) => RESCINDED[reason] ?? `withdrawn (${plain(reason) || 'no reason'})`;

/**
 * @param {import('./store.js').Ended} ended
 * @returns {{tone: 'good' | 'calm' | 'warn', text: string}}
 */
export function outcomeText({ offer, outcome, reason }) {
  const who = shortName(offer);
  switch (outcome) {
    case 'accepted':
      return { tone: 'good', text: `Yours: ${who}` };
    case 'declined':
      return { tone: 'calm', text: `Declined: ${who}${reason ? ` (${plain(reason)})` : ''}` };
    case 'timed_out':
      return { tone: 'warn', text: `Time ran out: ${who}` };
    case 'rescinded':
      return { tone: 'calm', text: `${capital(rescinded(reason))}: ${who}` };
    case 'undelivered':
      return {
        tone: 'calm',
        text: `Did not reach you in time, and does not count against you: ${who}`,
      };
    case 'refused':
      return { tone: 'warn', text: `${who}: ${refusalText({ code: reason })}` };
    default:
      return { tone: 'calm', text: `${capital(plain(outcome))}: ${who}` };
  }
}

/** @param {{code?: string, message?: string}} reply @returns {string} */
export const refusalText = ({ code = '', message = '' }) =>
  REFUSED[code] ?? (message || `The server refused (${plain(code)}).`);

/**
 * Why no offer can come now.
 * @param {any} whyNot code, list of codes, or nothing
 * @param {boolean} [toThemselves] whether the agent reads it
 */
export function whyNotText(whyNot, toThemselves = true) {
  const codes = Array.isArray(whyNot) ? whyNot : whyNot ? [whyNot] : [];
  return codes.map((code) => (toThemselves && WHY_NOT[code]) || plain(code)).join(', ');
}

/**
 * Why the page is no longer connected.
 * @param {string} code
 * @param {string} [reason] the server's own words
 */
export const overText = (code, reason = '') =>
  code === 'closed_4501' && reason.includes('supervisor')
    ? 'A supervisor signed you out.'
    : (OVER[code] ?? `The server ended the connection (${reason || plain(code)}).`);

/** Whether signing in again is the way out. @param {string} code */
export const needsSignIn = (code) =>
  ['signed_out', 'forbidden', 'left', 'closed_4500', 'closed_4501'].includes(code);

/**
 * Why this agent was asked, as short facts.
 * @param {any} why text, or the decision in short
 * @returns {string[]}
 */
export function whyFacts(why) {
  if (!why) return [];
  if (typeof why === 'string') return [why];
  const facts = [];
  const { preferred, ring, strategy, level, members, ...rest } = why;
  if (preferred) facts.push('preferred agent of this customer');
  else if (strategy) facts.push(STRATEGIES[strategy] ?? plain(strategy));
  if (members > 1) facts.push(`one of ${members}`);
  if (Number.isFinite(level)) facts.push(`level ${level}`);
  if (ring > 1) facts.push(`ring ${ring}`);
  for (const [key, value] of Object.entries(rest)) {
    if (['string', 'number'].includes(typeof value)) facts.push(`${plain(key)} ${value}`);
  }
  return facts;
}

/** A duration as `8 s`, `3 min 05 s`, `2 h 10 min`. @param {number} ms */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor((Number(ms) || 0) / 1000));
  const pad = (/** @type {number} */ part) => String(part).padStart(2, '0');
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} min`;
}

/** A running clock as `0:08`, `3:05`, `2:10:00`. @param {number} ms */
export function stopwatch(ms) {
  const seconds = Math.max(0, Math.floor((Number(ms) || 0) / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const [hours, minutes, rest] = parts.map((part) => String(part).padStart(2, '0'));
  return parts[0] > 0 ? `${parts[0]}:${minutes}:${rest}` : `${Number(minutes)}:${rest}`;
}
