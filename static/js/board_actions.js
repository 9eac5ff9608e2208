// @ts-check
/**
 * What a supervisor can do, as data: what is asked, what is said before, the call, and the way
 * back.
 *
 * MUST NOT call or draw anything. The rule: every action says before what it does and whether it
 * can be taken back; `undo` is an action of its own, with its own audit.
 */

import { LINKS } from './board_links.js';
import { PEOPLE } from './board_people.js';
import { span } from './board_words.js';
import { whoIs } from './words.js';

/**
 * @typedef {import('./board_store.js').Row} Row
 * @typedef {{name: string, label: string,
 *            kind: 'queue' | 'agent' | 'number' | 'choice' | 'check' | 'text' | 'line', most?: number,
 *            choices?: [value: string, text: string][], value?: any}} Field
 * @typedef {{method: string, path: string, body?: object}} Request
 * @typedef {{action: string, subject: Row, said: Record<string, any>}} Way an action, filled in
 * @typedef {{title: string, verb: string, grave?: boolean, admin?: boolean, saysItself?: boolean,
 *   fields?: (subject: Row) => Field[],
 *   preview: (subject: Row, said: Record<string, any>) => string[],
 *   request: (subject: Row, said: Record<string, any>) => Request,
 *   undo: (subject: Row, said: Record<string, any>, answer: any) => Way | null,
 *   done: (subject: Row, said: Record<string, any>) => string}} Action
 * `saysItself`: its words are its reason
 */

/** @param {string} id */
const part = (id) => encodeURIComponent(id);
/** @param {Row} one @param {string} name @param {object} body @returns {Request} */
const onConversation = (one, name, body) => ({
  method: 'POST',
  path: `v1/conversations/${part(one.id)}/${name}`,
  body,
});
/** @param {string} action @param {Row} subject @param {Record<string, any>} [said] @returns {Way} */
const way = (action, subject, said = {}) => ({ action, subject, said });
const never = () => null;

/** @param {Row} one */
const stands = (one) =>
  `${whoIs(one)} is ${one.state} in ${one.queue}${one.agent ? ` with ${one.agent}` : ''}.`;
/** @param {Row} one */
const losesHands = (one) =>
  one.state === 'assigned' || one.state === 'wrapping'
    ? [`It is taken from ${one.agent}, whose units come free.`]
    : one.state === 'offered'
      ? ['The offer that is out is taken back, without blame for the agent.']
      : [];
/** The way back for one that was with an agent. @param {Row} one */
const backToAgent = (one) => (one.agent ? way('assign', one, { agent: one.agent }) : null);

const PRESENCES = /** @type {[string, string][]} */ ([
  ['available', 'Available'],
  ['away', 'Away'],
  ['offline', 'Offline'],
]);
/** @type {Record<string, string>} */
const SWITCH_OF = { open: 'resume', paused: 'pause', draining: 'drain' };

/** @param {string} name @param {string} title @param {string[]} words @param {boolean} grave */
const queueSwitch = (name, title, words, grave) =>
  /** @type {Action} */ ({
    title,
    verb: title,
    grave,
    preview: (queue) => [
      `${queue.name}: ${queue.waiting} waiting, ${queue.offered} on offer, ${queue.assigned} in hand.`,
      ...words,
    ],
    request: (queue, { reason }) => ({
      method: 'POST',
      path: `v1/queues/${part(queue.id)}/${name}`,
      body: { reason },
    }),
    undo: (queue) => {
      const former = SWITCH_OF[queue.status] ?? 'resume';
      return former === name ? null : way(former, { ...queue, status: '' });
    },
    done: (queue) => `${title}: ${queue.name}`,
  });

/** @type {Record<string, Action>} */
export const ACTIONS = {
  ...PEOPLE,
  ...LINKS,
  move: {
    title: 'Move to another queue',
    verb: 'Move',
    fields: () => [
      { name: 'queue', label: 'To queue', kind: 'queue' },
      { name: 'keep_wait', label: 'Keeps its place by age', kind: 'check', value: true },
    ],
    preview: (one, { queue, keep_wait }) => [
      stands(one),
      ...losesHands(one),
      `It waits in ${queue || 'the queue you choose'}, ${keep_wait ? 'at the place its age gives it' : 'at the end of the line'}.`,
    ],
    request: (one, { queue, keep_wait, reason }) =>
      onConversation(one, 'move', { queue, keep_wait: !!keep_wait, reason }),
    undo: (one) =>
      way('move', { ...one, state: 'waiting', agent: null }, { queue: one.queue, keep_wait: true }),
    done: (one, { queue }) => `Moved ${whoIs(one)} to ${queue}`,
  },
  requeue: {
    title: 'Put back in line',
    verb: 'Requeue',
    preview: (one) => [stands(one), ...losesHands(one), 'It waits again at its original place.'],
    request: (one, { reason }) => onConversation(one, 'requeue', { reason }),
    undo: backToAgent,
    done: (one) => `Requeued ${whoIs(one)}`,
  },
  release: {
    title: 'Release what is stuck',
    verb: 'Release',
    preview: (one) => [
      stands(one),
      ...losesHands(one),
      'Every hold on it is let go, and it waits at its original place.',
    ],
    request: (one, { reason }) => onConversation(one, 'release', { reason }),
    undo: backToAgent,
    done: (one) => `Released ${whoIs(one)}`,
  },
  assign: {
    title: 'Give to an agent',
    verb: 'Assign',
    fields: () => [{ name: 'agent', label: 'To agent', kind: 'agent' }],
    preview: (one, { agent }) => [
      stands(one),
      ...losesHands(one),
      `${agent || 'The agent you choose'} has it at once, without an offer. Refused without room or membership.`,
    ],
    request: (one, { agent, reason }) => onConversation(one, 'assign', { agent, reason }),
    undo: (one) => backToAgent(one) ?? way('requeue', { ...one, state: 'assigned' }),
    done: (one, { agent }) => `Gave ${whoIs(one)} to ${agent}`,
  },
  priority: {
    title: 'Change the priority',
    verb: 'Change',
    fields: (one) => [
      {
        name: 'priority',
        label: 'Priority (higher goes first)',
        kind: 'number',
        value: one.priority,
      },
    ],
    preview: (one, { priority }) => [stands(one), `Priority ${one.priority} becomes ${priority}.`],
    request: (one, { priority, reason }) =>
      onConversation(one, 'priority', { priority: Number(priority), reason }),
    undo: (one, { priority }) =>
      way('priority', { ...one, priority: Number(priority) }, { priority: one.priority }),
    done: (one, { priority }) => `Priority of ${whoIs(one)} is ${priority}`,
  },
  close: {
    title: 'Close the conversation',
    verb: 'Close',
    grave: true,
    preview: (one) => [
      stands(one),
      'It ends as closed. The customer is served by nobody any more.',
    ],
    request: (one, { reason }) => onConversation(one, 'close', { reason }),
    undo: never,
    done: (one) => `Closed ${whoIs(one)}`,
  },
  pause: queueSwitch(
    'pause',
    'Pause',
    ['Nothing is offered. New conversations are still taken in and wait.'],
    true,
  ),
  drain: queueSwitch(
    'drain',
    'Drain',
    ['Who waits is still offered. Nothing new is taken in.'],
    true,
  ),
  resume: queueSwitch(
    'resume',
    'Resume',
    ['Offers go out again, and new conversations are taken in.'],
    false,
  ),
  presence: {
    title: 'Set the presence',
    verb: 'Set',
    fields: (agent) => [
      {
        name: 'presence',
        label: 'Presence',
        kind: 'choice',
        choices: PRESENCES,
        value: agent.presence === 'available' ? 'away' : 'available',
      },
      {
        name: 'after_work',
        label: 'Only when the work in hand is done',
        kind: 'check',
        value: false,
      },
    ],
    preview: (agent, { presence, after_work }) => [
      `${agent.name} is ${agent.presence}${agent.reason ? ` (${agent.reason})` : ''} and has ${agent.conversations?.length ?? 0} in hand.`,
      after_work
        ? `No new offers now; ${presence} when nothing is held.`
        : `${presence} at once. What is in hand stays.`,
    ],
    request: (agent, { presence, after_work, reason }) => ({
      method: 'POST',
      path: `v1/agents/${part(agent.id)}/presence`,
      body: { presence, reason, after_work: !!after_work },
    }),
    undo: (agent, { presence }) =>
      way('presence', { ...agent, presence }, { presence: agent.presence, after_work: false }),
    done: (agent, { presence }) => `${agent.name} is ${presence}`,
  },
  level: {
    title: 'Change a membership',
    verb: 'Change',
    admin: true,
    fields: (agent) => [
      {
        name: 'queue',
        label: 'Queue',
        kind: 'queue',
        value: Object.keys(agent.queues ?? {})[0] ?? '',
      },
      {
        name: 'level',
        label: 'Level (lower goes first; 0 ends the membership)',
        kind: 'number',
        value: 1,
      },
    ],
    preview: (agent, { queue, level }) => {
      const former = agent.queues?.[queue];
      const now = former === undefined ? 'no member' : `level ${former}`;
      return [
        `${agent.name} in ${queue || 'the queue you choose'}: ${now} becomes ${Number(level) > 0 ? `level ${level}` : 'no member'}.`,
        'In force at once, for every decision after it. Kept in the history of changes.',
      ];
    },
    // Only this one, and only if nobody changed it since: what others change about the agent stays.
    request: ({ id, version }, { queue, level, reason }) => ({
      method: 'POST',
      path: `v1/agents/${part(id)}/membership`,
      body: { queue, level: Number(level) > 0 ? Number(level) : null, version, reason },
    }),
    undo: (agent, said, answer) =>
      answer?.version
        ? way('undo', { id: String(answer.version), kind: 'agent', name: agent.id, at: 0, by: '' })
        : null,
    done: (agent, { queue, level }) => `${agent.name} in ${queue}: level ${level}`,
  },
  undo: {
    title: 'Take a change back',
    verb: 'Undo the change',
    admin: true,
    preview: (change) => [
      `Version ${change.id}: the ${change.kind} ${change.name}.`,
      'What it replaced is put back, as a new version. Refused when somebody changed it again since.',
    ],
    request: (change, { reason }) => ({
      method: 'POST',
      path: 'v1/config/undo',
      body: { version: Number(change.id), reason },
    }),
    undo: never,
    done: (change) => `Took version ${change.id} back`,
  },
  acknowledge: {
    title: 'Acknowledge the incident',
    verb: 'Acknowledge',
    preview: (one) => [
      one.text,
      'Says that you look after it; nobody else is called. It ends when what was wrong is seen to be right.',
    ],
    request: (one, { reason }) => ({
      method: 'POST',
      path: `v1/incidents/${part(one.id)}/acknowledge`,
      body: { reason },
    }),
    undo: never,
    done: (one) => `Acknowledged ${one.id}`,
  },
  unquarantine: {
    title: 'Put back in line',
    verb: 'Requeue',
    preview: (one) => [
      `Set aside ${one.at ? '' : 'before '}because: ${one.reason}.`,
      'It waits at its original place and can be offered. If the cause is still there it is set aside again.',
    ],
    request: (one, { reason }) => ({
      method: 'POST',
      path: `v1/quarantine/${part(one.id)}/requeue`,
      body: { reason },
    }),
    undo: never,
    done: (one) => `Requeued ${one.id}`,
  },
  discard: {
    title: 'Discard',
    verb: 'Discard',
    grave: true,
    preview: (one) => [
      `${one.id} in ${one.queue}, set aside because: ${one.reason}.`,
      'It ends as canceled. The customer is served by nobody any more.',
    ],
    request: (one, { reason }) => ({
      method: 'POST',
      path: `v1/quarantine/${part(one.id)}/discard`,
      body: { reason },
    }),
    undo: never,
    done: (one) => `Discarded ${one.id}`,
  },
};

/** Actions that make sense for a conversation now. @param {Row} one */
export function actionsFor(one) {
  if (one.quarantine) return ['unquarantine', 'discard'];
  switch (one.state) {
    case 'waiting':
      return ['assign', 'move', 'priority', 'close'];
    case 'offered':
      return ['release', 'assign', 'move', 'close'];
    case 'assigned':
    case 'wrapping':
      return ['requeue', 'release', 'assign', 'move', 'close'];
    default:
      return [];
  }
}

/** How an action is called where a button names it. @param {string} name @param {Row} subject */
export function labelOf(name, subject) {
  if (name === 'release' && subject.state === 'offered') return 'Rescind the offer';
  return ACTIONS[name].title;
}

/**
 * Which conversations of a list a person means.
 * @param {Row[]} rows
 * @param {{state?: string, channel?: string, minutes?: any, text?: string}} filter
 * @param {number} now server time
 */
export function chosen(rows, { state = '', channel = '', minutes = 0, text = '' }, now) {
  const wanted = text.trim().toLowerCase();
  return rows.filter(
    (one) =>
      (!state || one.state === state) &&
      (!channel || one.channel === channel) &&
      (!(Number(minutes) > 0) || now - one.enqueued_at >= Number(minutes) * 60_000) &&
      (!wanted || `${whoIs(one)} ${one.subject ?? ''} ${one.id}`.toLowerCase().includes(wanted)),
  );
}

/** One line for a list of what would be moved. @param {Row} one @param {number} now */
export const lineOf = (one, now) =>
  `${whoIs(one)} · ${one.state} · ${span(now - one.enqueued_at)}${one.subject ? ` · ${one.subject}` : ''}`;
