// @ts-check
/**
 * What keys and the machine itself say to the agent page: shortcuts, waking up, the network.
 *
 * MUST NOT know how the page looks beyond the ids it focuses.
 */

import { actionOf } from './keys.js';
import { EXTEND_MS } from './views/conversation_card.js';

/** @typedef {import('./agent_model.js').AgentModel} AgentModel */

/** @param {AgentModel} model @param {string} state @returns {import('./store.js').Conversation[]} */
function inState(model, state) {
  const found = model.state.value.conversations.filter((one) => one.state === state);
  return found.sort((a, b) => (a.wrap_until ?? 0) - (b.wrap_until ?? 0));
}

/** The conversation with the focus, else the first in that state. @param {AgentModel} model @param {string} state */
function meant(model, state) {
  const card = document.activeElement?.closest('[data-conversation]');
  const list = inState(model, state);
  return list.find(({ id }) => id === card?.getAttribute('data-conversation')) ?? list[0];
}

/** Move the focus to the next card of a conversation. */
function nextCard() {
  const cards = /** @type {HTMLElement[]} */ ([
    ...document.querySelectorAll('[data-conversation]'),
  ]);
  const at = cards.findIndex((card) => card.contains(document.activeElement));
  cards[(at + 1) % cards.length]?.focus();
}

/** @param {string} selector */
const focus = (selector) =>
  /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus();

/** @param {AgentModel} model @param {import('./sound.js').Ringer} ringer @returns {Record<string, () => void>} */
function actionsOf(model, ringer) {
  /** @param {string} state @param {(id: string) => unknown} act */
  const on = (state, act) => {
    const found = meant(model, state);
    if (found) act(found.id);
  };
  /** @param {(id: string) => unknown} act */
  const onOffer = (act) => model.markedOffer && act(model.markedOffer.id);
  /** @param {import('./agent_model.js').DialogName} name */
  const open = (name) => () => model.open(name);
  return {
    accept: () => onOffer((id) => model.accept(id)),
    decline: () => onOffer((id) => model.decline(id)),
    reason: () =>
      onOffer((id) => {
        model.declining.value = id;
        focus(`[data-offer="${CSS.escape(id)}"] .chip`);
      }),
    next: () => model.mark(1),
    previous: () => model.mark(-1),
    hand: nextCard,
    complete: () => on('assigned', (id) => model.complete(id)),
    transfer: () => on('assigned', (id) => model.askWhere(id)),
    finish: () => on('wrapping', (id) => model.finish(id)),
    extend: () => on('wrapping', (id) => model.extend(id, EXTEND_MS)),
    pick() {
      const { pull, queues = {} } = model.state.value.agent ?? {};
      const [queue] = Object.keys(queues);
      if (pull && queue) void model.pick(queue);
    },
    presence: () => focus('#presence [aria-pressed="true"]'),
    available: () => void model.setPresence('available'),
    after() {
      model.choosingAway.value = model.afterWork.value = true;
      focus('.away input, .away .chip');
    },
    day: open('day'),
    sound: () => void ringer.toggle(),
    alerts: open('alerts'),
    help: open('help'),
  };
}

/**
 * @param {AgentModel} model
 * @param {import('./socket.js').Link} link
 * @param {import('./sound.js').Ringer} ringer
 */
export function listen(model, link, ringer) {
  const actions = actionsOf(model, ringer);
  document.addEventListener('keydown', (event) => {
    const action = actionOf(event);
    if (action) {
      event.preventDefault();
      actions[action]();
    }
    if (action !== 'sound') void ringer.unlock();
  });
  document.addEventListener('pointerup', ({ target }) => {
    if (!(/** @type {Element} */ (target).closest('[data-sound]'))) void ringer.unlock();
  });
  const wake = () => {
    link.check();
    link.wake();
  };
  addEventListener('online', wake);
  addEventListener('pageshow', ({ persisted }) => persisted && wake());
  document.addEventListener('resume', wake);
  document.addEventListener('visibilitychange', () => document.hidden || wake());
}
