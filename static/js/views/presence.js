// @ts-check
/**
 * The signal head: what the agent wants, whether offers can come, and how full the agent is.
 *
 * MUST NOT light a lamp that the server has not set: a pressed aspect blinks until it is true.
 */

import { html, nothing } from '../vendor.js';
import { occupancy } from '../store.js';
import { AWAY_REASONS, plain, stopwatch, whyNotText } from '../words.js';
import { lamp } from './lamps.js';

/** @typedef {import('../agent_model.js').AgentModel} AgentModel */

const BLOCKS_MAX = 24;

/** @type {[presence: string, text: string, aspect: 'clear' | 'caution' | 'stop'][]} */
const ASPECTS = [
  ['available', 'Available', 'clear'],
  ['away', 'Away', 'caution'],
  ['offline', 'Offline', 'stop'],
];

/** @param {AgentModel} model @param {import('../store.js').Agent} agent */
export function presencePanel(model, agent) {
  return html`<section class="panel" aria-labelledby="presence-title">
    <h2 class="station" id="presence-title">Presence</h2>
    <div class="head" id="presence" role="group" aria-labelledby="presence-title" @keydown=${walk}>
      ${ASPECTS.map((aspect) => aspectButton(model, agent, aspect))}
    </div>
    ${model.choosingAway.value ? awayReasons(model) : nothing} ${returnOffer(model, agent)}
    ${reach(model, agent)} ${load(model)}
  </section>`;
}

/**
 * @param {AgentModel} model
 * @param {import('../store.js').Agent} agent
 * @param {typeof ASPECTS[number]} aspect
 */
function aspectButton(model, agent, [presence, text, aspect]) {
  const isOn = agent.presence === presence;
  const isAsked = model.doing.value.presence?.does === `presence.${presence}`;
  const reason = isOn && agent.presence_reason ? plain(agent.presence_reason) : '';
  const press = () =>
    presence === 'away'
      ? (model.choosingAway.value = !model.choosingAway.value)
      : model.setPresence(presence);
  return html`<button
    class="aspect aspect-${aspect} ${isOn ? 'lit' : ''} ${isAsked ? 'asked' : ''}"
    aria-pressed=${isOn}
    aria-keyshortcuts=${isOn ? 'P' : nothing}
    aria-expanded=${presence === 'away' ? String(model.choosingAway.value) : nothing}
    @click=${press}
  >
    ${lamp(isOn ? aspect : 'off')}
    <span class="aspect-text"
      >${text}${reason ? html`<small><bdi>${reason}</bdi></small>` : nothing}</span
    >
    ${
      isOn && agent.presence_since
        ? html`<span class="aspect-time"
            >${stopwatch(model.now.value - agent.presence_since)}</span
          >`
        : nothing
    }
    ${isAsked ? html`<span class="aspect-time">setting…</span>` : nothing}
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

/** @param {AgentModel} model */
function awayReasons(model) {
  /** @param {SubmitEvent} event */
  const other = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    void model.setPresence('away', String(new FormData(form).get('reason') ?? '').trim());
  };
  return html`<div class="away" role="group" aria-label="Away: reason">
    <div class="chips">
      ${AWAY_REASONS.map(
        ([code, text]) =>
          html`<button class="chip" @click=${() => model.setPresence('away', code)}>
            ${text}
          </button>`,
      )}
    </div>
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

/**
 * Somebody else or a rule changed the presence: say so, with the way back.
 * @param {AgentModel} model
 * @param {import('../store.js').Agent} agent
 */
function returnOffer(model, agent) {
  const by = agent.presence_by ?? '';
  if (agent.presence === 'available' || by === '' || by === 'agent' || by === `agent:${agent.id}`)
    return nothing;
  const who = by.startsWith('supervisor') ? 'A supervisor' : 'The server';
  return html`<div class="notice notice-caution">
    <p>
      ${who} set you to
      ${agent.presence}${
        agent.presence_reason ? html`: <bdi>${plain(agent.presence_reason)}</bdi>` : nothing
      }.
    </p>
    <button class="button main" @click=${() => model.setPresence('available')}>I am back</button>
  </div>`;
}

/** @param {AgentModel} model @param {import('../store.js').Agent} agent */
function reach(model, agent) {
  if (model.stale.value)
    return html`<p class="reach">${lamp('off')}<span>Not known: the page is not live</span></p>`;
  if (agent.routable)
    return html`<p class="reach">${lamp('clear')}<span>Offers can reach you</span></p>`;
  return html`<p class="reach">
    ${lamp('stop')}<span>No offers now: ${whyNotText(agent.why_not) || 'no reason given'}</span>
  </p>`;
}

/** One section per unit, the taken ones filled. @param {number} used @param {number} total */
const blocks = (used, total) =>
  Array.from(
    { length: Math.min(Math.max(total, used), BLOCKS_MAX) },
    (_, at) => html`<i class=${at < used ? 'taken' : ''}></i>`,
  );

/** @param {AgentModel} model */
function load(model) {
  return html`<dl class="load">
    ${occupancy(model.state.value).map(
      ({ channel, used, total }) =>
        html`<div>
          <dt>${channel}</dt>
          <dd>${total > 0 ? `${used} of ${total}` : `${used} held`}</dd>
          <dd class="blocks" aria-hidden="true">${blocks(used, total)}</dd>
        </div>`,
    )}
  </dl>`;
}
