// @ts-check
/**
 * The wallboard: shown here, or on other screens by links that can be taken back.
 *
 * MUST NOT show a link again: who closes this place has seen it.
 */

import { dayText, span } from '../board_words.js';
import { addressOf } from '../board_world.js';
import { html, nothing } from '../vendor.js';
import { lamp } from './lamps.js';

/** @typedef {import('../board_model.js').BoardModel} BoardModel */

/** @param {BoardModel} model */
export function linksPlace(model) {
  const path = 'v1/keys';
  /** @type {import('../board_store.js').Row[]} */
  const keys = model.got(path).data?.keys ?? [];
  const links = keys.filter(({ role, revoked_at: gone }) => role === 'viewer' && !gone);
  const here = () => {
    model.close();
    model.toggleWall();
  };
  return {
    title: 'Wallboard',
    path: model.isAdmin ? path : undefined,
    body: html`<div class="row">
        <button class="button main" aria-keyshortcuts="W" @click=${here}>Show it here</button>
        <button
          class="button"
          aria-haspopup="dialog"
          ?disabled=${!model.isAdmin}
          title=${model.isAdmin ? nothing : 'For admins'}
          @click=${() => model.ask('link', { id: '' })}
        >
          Make a link…
        </button>
      </div>
      ${model.once ? fresh(model.once.key) : nothing}
      <p class="note">
        A link shows the wallboard on a screen where nobody is signed in. It names no person and
        opens nothing else.${model.isAdmin ? '' : ' Admins make links.'}
      </p>
      ${model.isAdmin && links.length === 0 ? html`<p class="empty">No link is out.</p>` : nothing}
      <ul class="list">
        ${links.map((one) => link(model, one))}
      </ul>`,
  };
}

/** @param {string} key */
function fresh(key) {
  const address = `${addressOf('board')}#wall=${key}`;
  return html`<div class="card aside">
    <label class="label"
      >The link, shown this once
      <input
        class="field"
        readonly
        .value=${address}
        @focus=${(/** @type {any} */ event) => event.target.select()}
    /></label>
    ${navigator.clipboard
      ? html`<button class="button" @click=${() => void navigator.clipboard.writeText(address)}>
          Copy
        </button>`
      : nothing}
  </div>`;
}

/** @param {BoardModel} model @param {import('../board_store.js').Row} one */
function link(model, one) {
  const { name, id, created_at: made, last_used_at: used } = one;
  const ago = used ? `asked ${span(Math.max(0, model.clock.now() - used))} ago` : 'not asked yet';
  return html`<li class="deed" data-link=${id}>
    ${lamp(used ? 'clear' : 'off')}
    <span
      ><bdi>${name || id}</bdi><br /><time>made ${dayText(made)}, ${ago}</time></span
    >
    <button class="button small" aria-haspopup="dialog" @click=${() => model.ask('unlink', one)}>
      Take back<span class="unseen"> ${name || id}</span>
    </button>
  </li>`;
}
