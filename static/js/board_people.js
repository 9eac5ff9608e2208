// @ts-check
/**
 * What a supervisor can do to people and to the watchdog, as data: see `board_actions.js`.
 *
 * MUST NOT call or draw anything.
 */

import { clockText, counted } from './board_words.js';

/**
 * @typedef {import('./board_store.js').Row} Row
 * @typedef {import('./board_actions.js').Action} Action
 */

const MINUTE_MS = 60_000;
/** What a message may have at most, as at the server. */
const TEXT_MAX = 300;
const TIMES = /** @type {[string, string][]} */ ([
  ['10', '10 minutes'],
  ['30', '30 minutes'],
  ['60', '1 hour'],
  ['240', '4 hours'],
]);

/** For whom a message is. @param {Row} one with `queue` or `agent`, or for everybody */
export const meantText = ({ queue, agent }) =>
  agent ? `agent ${agent}` : queue ? `the members of ${queue}` : 'all agents';

/** @type {Record<string, Action>} */
export const PEOPLE = {
  signOut: {
    title: 'Log the agent out',
    verb: 'Log out',
    grave: true,
    preview: (agent) => [
      `All sign-ins and sockets of ${agent.name} end, on every device.`,
      `${counted(agent.conversations?.length ?? 0, 'conversation')} in hand: kept for the usual grace, as after a lost connection.`,
      'Whoever has the key may sign in again. To shut a key out, revoke it.',
    ],
    request: (agent, { reason }) => ({
      method: 'POST',
      path: `v1/agents/${encodeURIComponent(agent.id)}/sign_out`,
      body: { reason },
    }),
    undo: () => null,
    done: (agent) => `Logged ${agent.name} out`,
  },
  freeze: {
    title: 'Freeze automatic repairs',
    verb: 'Freeze',
    grave: true,
    fields: () => [
      { name: 'minutes', label: 'For how long', kind: 'choice', choices: TIMES, value: '30' },
    ],
    preview: (_, { minutes }) => [
      'The watchdog goes on looking: it opens incidents and says what it would have done. It repairs nothing.',
      `It thaws by itself after ${minutes} minutes, or when somebody lets it go on.`,
    ],
    request: (_, { minutes, reason }) => ({
      method: 'POST',
      path: 'v1/repairs/freeze',
      body: { for_ms: Math.round(Number(minutes) * MINUTE_MS), reason },
    }),
    undo: () => ({ action: 'thaw', subject: { id: '' }, said: {} }),
    done: (_, { minutes }) => `Froze the repairs for ${Math.round(minutes)} min`,
  },
  thaw: {
    title: 'Let repairs go on',
    verb: 'Thaw',
    preview: ({ by, until, reason }) => [
      by ? `Frozen by ${by} until ${clockText(until)}: ${reason}` : 'Repairs are frozen.',
      'What is still wrong is repaired at once, within the usual bounds.',
    ],
    request: (_, { reason }) => ({ method: 'POST', path: 'v1/repairs/thaw', body: { reason } }),
    undo: ({ left_ms: left }) =>
      left > MINUTE_MS
        ? { action: 'freeze', subject: { id: '' }, said: { minutes: left / MINUTE_MS } }
        : null,
    done: () => 'Repairs go on',
  },
  message: {
    title: 'Send a message',
    verb: 'Send',
    saysItself: true,
    fields: () => [{ name: 'text', label: 'Message', kind: 'text', most: TEXT_MAX, value: '' }],
    preview: (one) => [
      `To ${meantText(one)}: ${counted(one.reach, 'agent')} connected now.`,
      'Read aloud to whoever listens. Whoever comes within an hour sees it too.',
    ],
    request: ({ queue = null, agent = null }, { text }) => ({
      method: 'POST',
      path: 'v1/broadcasts',
      body: { text, queue, agent },
    }),
    undo: (_, __, answer) => ({ action: 'withdraw', subject: { id: answer?.id }, said: {} }),
    done: (one, { text }) => `To ${meantText(one)}: ${text}`,
  },
  withdraw: {
    title: 'Take the message back',
    verb: 'Take back',
    saysItself: true,
    preview: (one) => [`“${one.text}”`, 'It goes from every screen. Who has read it has read it.'],
    request: ({ id }) => ({
      method: 'POST',
      path: `v1/broadcasts/${encodeURIComponent(id)}/withdraw`,
    }),
    undo: () => null,
    done: () => 'Took the message back',
  },
};
