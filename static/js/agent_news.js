// @ts-check
/**
 * What a push means in words for the person: shown, or only spoken.
 *
 * MUST NOT touch the page. The rule: every push that changes what the person can count on has a
 * sentence here; what the person did and sees anyway is only spoken.
 */

import { duration, outcomeText, plain, shortName, whyNotText } from './words.js';

/**
 * @typedef {'good' | 'calm' | 'warn'} Tone
 * @typedef {{tone: Tone | '', text: string}} News `tone` '': spoken only
 * @typedef {import('./store.js').AgentState} AgentState
 * @typedef {import('./wire.js').Push} Push
 */

/** @param {string} text @returns {News[]} */
const spoken = (text) => [{ tone: '', text }];

/** @param {Tone} tone @param {string} text @returns {News[]} */
const shown = (tone, text) => [{ tone, text }];

/**
 * @param {AgentState} before
 * @param {AgentState} after
 * @param {Push} push
 * @returns {News[]}
 */
export function newsOf(before, after, push) {
  switch (push.type) {
    case 'offer_ended':
      return after.recent === before.recent ? [] : outcome(after.recent[0]);
    case 'assigned':
      return assigned(before, after, push.conversation);
    case 'conversation_ended':
      return ended(before, push);
    case 'conversation_changed':
      return spoken(
        `${shortName(push.conversation)} ${push.conversation.idle ? 'is silent' : 'goes on'}`,
      );
    case 'presence':
      return presence(after, push);
    case 'routable':
      return push.routable
        ? spoken('Offers can reach you')
        : spoken(`No offers now: ${whyNotText(push.why_not)}`);
    case 'draining':
      return shown('calm', 'The server restarts. This page comes back by itself.');
    default:
      return [];
  }
}

/** The own answer is no news. @param {import('./store.js').Ended} ended @returns {News[]} */
function outcome(ended) {
  const { tone, text } = outcomeText(ended);
  return [{ tone: ['accepted', 'declined'].includes(ended.outcome) ? '' : tone, text }];
}

/** @param {AgentState} before @param {AgentState} after @param {any} conversation */
function assigned(before, after, conversation) {
  const who = shortName(conversation);
  if (conversation.state === 'wrapping')
    return spoken(`Wrap-up of ${who}: ${duration(conversation.wrap_until - after.at)}`);
  const isKnown = before.conversations.some(({ id }) => id === conversation.id);
  const isOffered = after.recent[0]?.offer.conversation === conversation.id;
  return isKnown || isOffered ? [] : shown('good', `Now yours: ${who}`);
}

/** @param {AgentState} before @param {Push} push */
function ended(before, push) {
  const held = before.conversations.find(({ id }) => id === push.conversation);
  if (!held) return [];
  return shown('calm', `Over: ${shortName(held)}${push.reason ? ` (${plain(push.reason)})` : ''}`);
}

/** @param {AgentState} after @param {Push} push */
function presence(after, push) {
  const state = `${push.custom_presence ?? push.presence}${push.reason ? `: ${plain(push.reason)}` : ''}`;
  if (push.plan)
    return spoken(`Finishing, then ${push.plan.custom_presence ?? push.plan.presence}`);
  const isOwn = !push.by || push.by === 'agent' || push.by === `agent:${after.agent?.id}`;
  return isOwn ? spoken(`You are ${state}`) : shown('warn', `You were set to ${state}`);
}
