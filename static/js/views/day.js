// @ts-check
/**
 * My day: how many offers, what became of each, and why I did or did not get one.
 *
 * MUST NOT show a figure that it did not get from the server's list.
 */

import { figuresOf, midnight } from '../agent_day.js';
import { html, nothing } from '../lit.js';
import { duration, plain, whyFacts } from '../words.js';

/** @typedef {import('../agent_day.js').Day} Day */

/** @type {Record<string, [text: string, tone: string]>} */
const STATES = {
  accepted: ['Accepted', 'good'],
  declined: ['Declined', ''],
  timed_out: ['Missed', 'warn'],
  rescinded: ['Taken back', ''],
  undelivered: ['Did not arrive', ''],
  delivered: ['Before you now', ''],
  seen: ['Before you now', ''],
};

/** @typedef {import('../agent_model.js').AgentModel} AgentModel */

/** @param {Day} day @param {AgentModel} model */
export function dayContent(day, model) {
  const offers = day.offers.value;
  if (day.trouble.value) return html`<p class="trouble">${day.trouble.value}</p>`;
  if (!offers) return html`<p>Asking the server…</p>`;
  const figures = figuresOf(offers, midnight(model.now.value));
  /** @param {string} name @param {any} value */
  const figure = (name, value) =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`;
  return html`<dl class="figures">
      ${figure('Offers', figures.offers)} ${figure('Accepted', figures.accepted)}
      ${figure('Declined', figures.declined)} ${figure('Missed', figures.missed)}
      ${figure('Other', figures.other)}
      ${figure('To accept', figures.typicalMs === null ? '–' : duration(figures.typicalMs))}
    </dl>
    ${ask(day)}
    <ol class="day">
      ${offers.map((offer) => row(day, offer, model))}
    </ol>
    ${offers.length === 0 ? html`<p class="none">No offers yet.</p>` : nothing}`;
}

/** @param {Day} day */
function ask(day) {
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    void day.explain(String(new FormData(form).get('asked')).trim());
  };
  const listed = new Set(day.offers.value?.map(({ conversation }) => conversation));
  const others = Object.keys(day.whys.value).filter((id) => !listed.has(id));
  return html`<form class="row" @submit=${submit}>
      <label class="label grow"
        >Why did I not get …?
        <input
          class="field"
          name="asked"
          required
          maxlength="128"
          placeholder="Id of a conversation"
          autocomplete="off"
      /></label>
      <button class="button">Ask</button>
    </form>
    <div role="status">${others.map((id) => why(day, id, id))}</div>`;
}

/** @param {Day} day @param {import('../agent_day.js').DayOffer} offer @param {AgentModel} model */
function row(day, offer, model) {
  const name = model.names.get(offer.conversation) ?? offer.conversation;
  const queue = model.state.value.agent?.queues?.[offer.queue] ?? offer.queue;
  const [text, tone] = STATES[offer.state] ?? [plain(offer.state), ''];
  const after = offer.answered_in_ms === null ? '' : ` after ${duration(offer.answered_in_ms)}`;
  const facts = whyFacts(offer.why).join(' · ');
  return html`<li class=${tone}>
    <p>
      <time>${new Date(offer.made_at).toLocaleTimeString([], { timeStyle: 'short' })}</time>
      <strong>${text}</strong>${after}${offer.reason ? ` (${plain(offer.reason)})` : ''}
    </p>
    <p><bdi>${name}</bdi> · ${offer.channel} · <bdi>${queue}</bdi></p>
    <p class="hint">
      Had waited ${duration(offer.waited_ms)}${facts ? ` · why you: ${facts}` : ''}
      <button
        class="button quiet"
        aria-label="What now, ${name}"
        @click=${() => void day.explain(offer.conversation)}
      >
        What now?
      </button>
    </p>
    ${why(day, offer.conversation, '')}
  </li>`;
}

/** @param {Day} day @param {string} id @param {string} title */
function why(day, id, title) {
  const found = day.whys.value[id];
  if (!found) return nothing;
  return html`<div class="notice">
    <p>${title ? html`<strong>${title}</strong> ` : nothing}<bdi>${found.sentence}</bdi></p>
    ${found.facts.map((fact) => html`<p>${fact}</p>`)}
  </div>`;
}
