// @ts-check
/**
 * The drawer: one queue, agent, conversation or incident in full, with what can be done about it.
 *
 * MUST NOT show what was fetched without saying how old it is.
 */

import { ageText } from '../board_words.js';
import { html, nothing } from '../vendor.js';
import { lamp } from './lamps.js';
import { toasts } from './board_dialog.js';
import { conversationPlace } from './board_conversation.js';
import { linksPlace } from './board_links.js';
import { incidentPlace } from './board_incidents.js';
import { messagesPlace } from './board_people.js';
import { agentPlace, queuePlace } from './board_places.js';
import { keysPlace, limitsPlace, logPlace } from './board_settings.js';

/** @typedef {import('../board_model.js').BoardModel} BoardModel */

/** @type {Record<string, (model: BoardModel, id: string) => {title: any, body: any, path?: string}>} */
const PLACES = {
  queue: queuePlace,
  agent: agentPlace,
  conversation: conversationPlace,
  incident: incidentPlace,
  limits: limitsPlace,
  keys: keysPlace,
  log: logPlace,
  messages: messagesPlace,
  links: linksPlace,
};

/** @param {BoardModel} model */
export function drawer(model) {
  const place = model.place;
  const shown = place ? PLACES[place.kind](model, place.id) : null;
  const held = shown?.path ? model.got(shown.path) : null;
  return html`<dialog
    id="drawer"
    class="drawer"
    aria-labelledby="drawer-title"
    @close=${(/** @type {any} */ { target }) => {
      // The event comes late: by then the next place may be open.
      if (!target.open && model.place === place) model.close();
    }}
    @cancel=${(/** @type {Event} */ event) => {
      // At once: pressed again, Escape means what lies below, drawn or not.
      if (model.places.length > 1) event.preventDefault();
      model.close(false);
    }}
  >
    ${shown
      ? html`<header class="drawer-head">
            ${model.places.length > 1
              ? html`<button class="button small" @click=${() => model.close(false)}>
                  ← Back
                </button>`
              : nothing}
            <h2 id="drawer-title" tabindex="-1">${shown.title}</h2>
            <button class="button small" @click=${() => model.close()}>Close</button>
          </header>
          ${held ? freshness(model, held) : nothing}
          <div class="drawer-body">${shown.body}</div>`
      : html`<h2 id="drawer-title" class="unseen">Nothing</h2>`}
    ${toasts(model, true)}
  </dialog>`;
}

/** @param {BoardModel} model @param {import('../board_model.js').Held} held */
function freshness(model, held) {
  if (!held.at && !held.error)
    return html`<p class="note fresh">${lamp('moving')} Asking the server…</p>`;
  const age = held.at ? `As of ${ageText(model.clock.now() - held.at)}.` : '';
  return html`<p
    class="note fresh ${held.error ? 'bad' : ''}"
    role=${held.error ? 'alert' : nothing}
  >
    ${held.error ? html`${lamp('stop')} ${held.error} ` : nothing}${age}
  </p>`;
}
