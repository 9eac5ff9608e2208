// @ts-check
/**
 * The signal head: what the agent wants, whether offers can come, and how full the agent is.
 *
 * MUST NOT light a lamp that the server has not set: a pressed aspect blinks until it is true.
 */

import { html, nothing } from '../lit.js';
import { occupancy } from '../store.js';
import { AWAY_REASONS, plain, stopwatch, whyNotText } from '../words.js';
import { chips, keycap, lamp } from './lamps.js';

/** @typedef {import('../agent_model.js').AgentModel} AgentModel */
/** @typedef {import('../store.js').Agent} Agent */

const BLOCKS_MAX = 24;

/** @type {[presence: string, text: string, aspect: 'clear' | 'caution' | 'stop', key: string][]} */
const ASPECTS = [
  ['available', 'Available', 'clear', 'V'],
  ['away', 'Away', 'caution', ''],
  ['offline', 'Offline', 'stop', ''],
];

/** @param {AgentModel} model @param {Agent} agent */
export function presencePanel(model, agent) {
  return html`<section class="panel" aria-labelledby="presence-title">
    <h2 class="station" id="presence-title">Presence ${keycap('P')}</h2>
    <div class="head" id="presence" role="group" aria-labelledby="presence-title" @keydown=${walk}>
      ${ASPECTS.map((aspect) => aspectButton(model, agent, aspect))}
    </div>
    ${model.choosingAway.value ? awayReasons(model, agent) : partly(model)} ${planned(model, agent)}
    ${returnOffer(model, agent)} ${reach(model, agent)} ${unheard(model)} ${load(model, agent)}
  </section>`;
}

/** A custom presence by its name. @param {AgentModel} model @param {string} id */
const nameOf = (model, id) => model.presences.value.find((one) => one.id === id)?.name ?? plain(id);

/**
 * @param {AgentModel} model
 * @param {Agent} agent
 * @param {typeof ASPECTS[number]} aspect
 */
function aspectButton(model, agent, [presence, text, aspect, key]) {
  const isOn = agent.presence === presence;
  const asked = model.doing.value.presence?.does.replace('presence.', '');
  const isAsked = asked === presence;
  const custom = isOn && agent.custom_presence ? nameOf(model, agent.custom_presence) : '';
  const small = isOn && [custom, plain(agent.presence_reason ?? '')].filter(Boolean).join(': ');
  const press = () =>
    presence === 'away'
      ? (model.choosingAway.value = !model.choosingAway.value)
      : model.setPresence(presence);
  return html`<button
    class="aspect aspect-${aspect} ${isOn ? 'lit' : ''} ${isAsked ? 'asked' : ''}"
    aria-pressed=${isOn}
    aria-keyshortcuts=${key || nothing}
    aria-expanded=${presence === 'away' ? String(model.choosingAway.value) : nothing}
    @click=${press}
  >
    ${lamp(isOn ? aspect : 'off')}
    <span class="aspect-text"
      >${text}${small ? html`<small><bdi>${small}</bdi></small>` : nothing}</span
    >
    <span class="aspect-time"
      >${
        isAsked
          ? 'setting…'
          : isOn && agent.presence_since
            ? stopwatch(model.now.value - agent.presence_since)
            : nothing
      }</span
    >
  </button>`;
}

/** Arrow keys walk the aspects; only Enter or Space press one. @param {KeyboardEvent} event */
function walk(event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const group = /** @type {Element} */ (event.currentTarget);
  const buttons = [...group.querySelectorAll('button')];
  const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  buttons[(at + step + buttons.length) % buttons.length].focus();
  event.preventDefault();
}

/** Presences that take part of the work only. @param {AgentModel} model */
function partly(model) {
  const list = model.presences.value.filter(({ presence }) => presence === 'available');
  if (list.length === 0) return nothing;
  return html`<div class="row">
    <span class="hint">Or only</span>
    ${chips(
      'Available for a part',
      list.map(({ id, name }) => [id, name]),
      (id) => model.setPresence(id),
    )}
  </div>`;
}

/** @param {AgentModel} model @param {Agent} agent */
function awayReasons(model, agent) {
  const { afterWork } = model;
  const isHolding = model.state.value.conversations.length > 0;
  /** @param {string} presence @param {string} [reason] */
  const go = (presence, reason) => model.setPresence(presence, reason, afterWork.value);
  const own = model.presences.value.filter(({ presence }) => presence !== 'available');
  const reasons = [...own.map(({ id, name }) => [`/${id}`, name]), ...AWAY_REASONS];
  /** @param {SubmitEvent} event */
  const other = (event) => {
    event.preventDefault();
    const said = new FormData(/** @type {HTMLFormElement} */ (event.target));
    void go('away', String(said.get('reason') ?? '').trim());
  };
  return html`<div class="away">
    ${
      isHolding
        ? html`<label class="choice"
            ><input
              type="checkbox"
              .checked=${afterWork.value}
              @change=${(/** @type {any} */ { target }) => (afterWork.value = target.checked)}
            />
            Finish what is in hand first</label
          >`
        : nothing
    }
    ${chips('Away: reason', reasons, (code) =>
      code.startsWith('/') ? go(code.slice(1)) : go('away', code),
    )}
    <form class="row" @submit=${other}>
      <input
        class="field"
        name="reason"
        maxlength="100"
        placeholder="Other reason"
        aria-label="Other reason"
        autocomplete="off"
      />
      <button class="button">Set away</button>
    </form>
  </div>`;
}

/** @param {AgentModel} model @param {Agent} agent */
function planned(model, agent) {
  const { plan } = agent;
  if (!plan) return nothing;
  const name = plan.custom_presence ? nameOf(model, plan.custom_presence) : plan.presence;
  const left = model.state.value.conversations.length;
  return html`<div class="notice notice-caution">
    <p>
      Finishing ${left} ${left === 1 ? 'conversation' : 'conversations'}, then
      <strong>${name}</strong>${plan.reason ? html`: <bdi>${plain(plan.reason)}</bdi>` : nothing}.
      No new offers.
    </p>
    <button class="button" @click=${() => model.stay()}>Stay instead</button>
  </div>`;
}

/**
 * Somebody else or a rule changed the presence: say so, with the way back.
 * @param {AgentModel} model
 * @param {Agent} agent
 */
function returnOffer(model, agent) {
  const by = agent.presence_by ?? '';
  if (agent.presence === 'available' || by === '' || by === 'agent' || by === `agent:${agent.id}`)
    return nothing;
  const who = by.startsWith('supervisor') ? 'A supervisor' : 'The server';
  const reason = agent.presence_reason;
  return html`<div class="notice notice-caution">
    <p>
      ${who} set you to ${agent.presence}${reason ? html`: <bdi>${plain(reason)}</bdi>` : nothing}.
    </p>
    <button class="button main" @click=${() => model.setPresence('available')}>I am back</button>
  </div>`;
}

/** @param {AgentModel} model @param {Agent} agent */
function reach(model, agent) {
  /** @param {'off' | 'clear' | 'stop'} aspect @param {string} text */
  const say = (aspect, text) => html`<p class="reach">${lamp(aspect)}<span>${text}</span></p>`;
  if (model.stale.value) return say('off', 'Not known: the page is not live');
  if (!agent.routable)
    return say('stop', `No offers now: ${whyNotText(agent.why_not) || 'no reason given'}`);
  return say('clear', 'Offers can reach you');
}

/** Before the first offer: what would keep it from ears and eyes. @param {AgentModel} model */
function unheard({ sound, permission, checked, open }) {
  const lacks =
    sound.value === 'locked'
      ? 'No sound before a click or key here.'
      : permission.value === 'default' && 'Notifications are not allowed yet.';
  return lacks && !checked.value
    ? html`<div class="row hint">
        ${lamp('caution')}<span class="grow">${lacks}</span>
        <button class="chip" @click=${() => open('alerts')}>Alerts</button>
      </div>`
    : nothing;
}

/** One section per unit, the taken ones filled. @param {number} used @param {number} total */
const blocks = (used, total) =>
  Array.from(
    { length: Math.min(Math.max(total, used), BLOCKS_MAX) },
    (_, at) => html`<i class=${at < used ? (at < total ? 'taken' : 'over') : ''}></i>`,
  );

/** @param {AgentModel} model @param {Agent} agent */
function load(model, { presence, channels }) {
  const isOpen = (/** @type {string} */ channel) =>
    presence !== 'available' || !channels || channels.includes(channel) || channel.includes(' ');
  return html`<dl class="load">
    ${occupancy(model.state.value).map(
      ({ channel, used, total }) =>
        html`<div>
          <dt>${channel}</dt>
          <dd>
            ${isOpen(channel) ? '' : 'closed · '}${total > 0 ? `${used} of ${total}` : `${used} held`}
          </dd>
          <dd class="blocks" aria-hidden="true">${blocks(used, total)}</dd>
        </div>`,
    )}
  </dl>`;
}
