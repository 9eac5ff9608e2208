// @ts-check
/**
 * What one agent has before them: a pure fold of the snapshot and the pushes after it.
 *
 * MUST NOT look at the clock, the page or the network, and MUST NOT foresee: nothing changes
 * here because a button was pressed, only because the server said so. The rule: same pushes,
 * same state.
 */

/**
 * @typedef {{id: string, conversation: string, queue: string, expires_at: number, made_at?: number,
 *            [field: string]: any}} Offer
 * @typedef {{id: string, queue: string, state: string, [field: string]: any}} Conversation
 * @typedef {{id: string, name?: string, presence: string, presence_reason?: string,
 * presence_by?: string,
 *            presence_since?: number, custom_presence?: string | null, plan?: Plan | null,
 *            channels?: string[], routable: boolean, why_not?: string[],
 *            capacity?: Record<string, number>, units?: number | null, pull?: boolean,
 *            queues?: Record<string, string>, [field: string]: any}} Agent
 * @typedef {{presence: string, custom_presence: string | null, reason: string}} Plan
 * @typedef {{offer: Offer, outcome: string, reason: string, at: number}} Ended
 * @typedef {{seq: number, at: number, agent: Agent | null, offers: Offer[], conversations:
 * Conversation[],
 *            recent: Ended[], unknown: string[]}} AgentState
 */

const RECENT_MAX = 12;

/** @type {AgentState} before the first snapshot */
export const EMPTY = {
  seq: 0,
  at: 0,
  agent: null,
  offers: [],
  conversations: [],
  recent: [],
  unknown: [],
};

/**
 * @param {AgentState} state
 * @param {import('./wire.js').Push} push
 * @returns {AgentState}
 */
export function fold(state, push) {
  const next = { ...state, seq: push.seq ?? state.seq, at: push.at ?? state.at };
  switch (push.type) {
    case 'snapshot':
      return { ...next, ...everything(state, push) };
    case 'offer':
      return { ...next, offers: byDeadline(put(state.offers, push.offer)) };
    case 'offer_ended':
      return { ...next, ...endOffer(state, push) };
    case 'assigned':
    case 'conversation_changed':
      return {
        ...next,
        conversations: put(state.conversations, held(state, push.conversation, push)),
      };
    case 'conversation_ended':
      return { ...next, conversations: without(state.conversations, idOf(push.conversation)) };
    case 'presence':
      return { ...next, agent: withPresence(state.agent, push) };
    case 'routable':
      return { ...next, agent: withRoutable(state.agent, push) };
    case 'ping':
    case 'draining':
    case 'reauth_required':
    case 'broadcast':
    case 'broadcast_withdrawn':
      return next;
    default:
      return { ...next, unknown: [...new Set([...state.unknown, push.type])] };
  }
}

/**
 * The server refused for good what this offer was for: it is no longer open to us. The push that
 * says how it
 * ended may still come, or came to another session.
 * @param {AgentState} state
 * @param {string} offer id
 * @param {string} code of the refusal
 * @param {number} at server time
 * @returns {AgentState}
 */
export function dropOffer(state, offer, code, at) {
  return {
    ...state,
    ...endOffer(state, { type: 'offer_ended', offer, outcome: 'refused', reason: code, at }),
  };
}

/** @param {AgentState} state @param {string} id @returns {Offer | undefined} */
export const offerOf = (state, id) => state.offers.find((offer) => offer.id === id);

/** @typedef {{channel: string, used: number, total: number}} Load */

/**
 * How full the agent is, per channel, counted from what is on the screen; what is silent takes no
 * room. A bound over all channels is a row of its own.
 * @param {AgentState} state
 * @returns {Load[]}
 */
export function occupancy(state) {
  const { capacity = {}, units } = state.agent ?? {};
  const items = [...state.offers, ...state.conversations].filter(({ idle }) => !idle);
  /** @param {any[]} mine */
  const used = (mine) => mine.reduce((sum, item) => sum + (item.units ?? 1), 0);
  const rows = Object.entries(capacity).map(([channel, total]) => ({
    channel,
    used: used(items.filter((item) => item.channel === channel)),
    total: Number(total),
  }));
  if (!units) return rows;
  return [...rows, { channel: 'all together', used: used(items), total: units }];
}

/**
 * The agent, with the names this page uses: a board row calls them shorter.
 * @param {any} agent
 * @returns {Agent}
 */
function agentOf(agent) {
  return {
    ...agent,
    presence_reason: agent.presence_reason ?? agent.reason ?? '',
    presence_by: agent.presence_by ?? agent.by ?? '',
    presence_since: agent.presence_since ?? agent.since ?? 0,
  };
}

/** @param {AgentState} state @param {import('./wire.js').Push} push */
function endOffer(state, push) {
  const id = idOf(push.offer);
  const offer = offerOf(state, id);
  if (!offer) return {};
  const ended = {
    offer,
    outcome: push.outcome,
    reason: push.reason ?? '',
    at: push.at ?? state.at,
  };
  return {
    offers: without(state.offers, id),
    recent: [ended, ...state.recent].slice(0, RECENT_MAX),
  };
}

/**
 * The clock of a presence starts anew when its reason changes, as at the server.
 * @param {Agent | null} agent
 * @param {import('./wire.js').Push} push
 */
function withPresence(agent, push) {
  if (!agent) return agent;
  const { presence, custom_presence = null, reason = '', by = '', plan = null, channels } = push;
  const isSame =
    presence === agent.presence &&
    custom_presence === (agent.custom_presence ?? null) &&
    reason === agent.presence_reason;
  return {
    ...agent,
    presence,
    custom_presence,
    presence_reason: reason,
    presence_by: by,
    presence_since: isSame ? agent.presence_since : push.at,
    plan,
    channels: channels ?? agent.channels,
  };
}

/** @param {Agent | null} agent @param {import('./wire.js').Push} push */
function withRoutable(agent, push) {
  return agent && { ...agent, routable: push.routable, why_not: push.why_not ?? [] };
}

/** @param {AgentState} state @param {import('./wire.js').Push} push */
function everything(state, push) {
  return {
    agent: agentOf(push.agent),
    offers: byDeadline(push.offers),
    conversations: push.conversations.map((/** @type {Conversation} */ one) =>
      held(state, one, push),
    ),
  };
}

/**
 * A conversation as held: one in wrap-up remembers since when we know that, for its fuse.
 * @param {AgentState} state
 * @param {Conversation} conversation
 * @param {import('./wire.js').Push} push
 * @returns {Conversation}
 */
function held(state, conversation, push) {
  if (conversation.state !== 'wrapping') return conversation;
  const known = state.conversations.find(({ id }) => id === conversation.id);
  return { ...conversation, wrap_from: known?.wrap_from ?? push.at ?? state.at };
}

/** A push names a thing by its id, or carries it. @param {any} thing @returns {string} */
const idOf = (thing) => (typeof thing === 'object' && thing !== null ? thing.id : thing);

/**
 * @template {{id: string}} T
 * @param {T[]} list
 * @param {T} item
 * @returns {T[]} with the item in its old place, or at the end
 */
function put(list, item) {
  const known = list.some(({ id }) => id === item.id);
  return known ? list.map((old) => (old.id === item.id ? item : old)) : [...list, item];
}

/**
 * @template {{id: string}} T
 * @param {T[]} list
 * @param {string} id
 */
const without = (list, id) => list.filter((item) => item.id !== id);

/** @param {Offer[]} offers */
const byDeadline = (offers) => [...offers].sort((a, b) => a.expires_at - b.expires_at);
