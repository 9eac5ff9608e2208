// @ts-check
/**
 * The small places: thresholds, keys, and what was done from this board.
 *
 * MUST NOT change anything on the server.
 */

import { DEFAULTS, KINDS } from '../board_levels.js';
import { SHORTCUTS } from '../board_keys.js';
import { dayText } from '../board_words.js';
import { html, nothing } from '../vendor.js';
import { lamp } from './lamps.js';

/** @typedef {import('../board_model.js').BoardModel} BoardModel */

/** @param {BoardModel} model */
export function limitsPlace(model) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const said = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const bounds = KINDS.map(([kind]) => [
      kind,
      [0, 1].map((level) => Number(said.get(`${kind}-${level}`))),
    ]);
    model.bound(Object.fromEntries(bounds));
    model.close();
  };
  return {
    title: 'Thresholds',
    body: html`<p class="note">
        Kept in this browser. A figure reaches a level at its bound and leaves it when it is a fifth
        back, so that nothing blinks.
      </p>
      <form class="limits" @submit=${submit}>
        ${KINDS.map(
          ([kind, text, unit]) =>
            html`<fieldset>
              <legend>${text}${unit ? ` (${unit})` : ''}</legend>
              ${['Look at it', 'Act'].map(
                (level, index) =>
                  html`<label class="label"
                    >${level}<input
                      class="field"
                      type="number"
                      step="any"
                      required
                      name="${kind}-${index}"
                      value=${model.bounds[kind][index]}
                  /></label>`,
              )}
            </fieldset>`,
        )}
        <div class="row">
          <button class="button main">Keep</button>
          <button
            class="button"
            type="button"
            @click=${() => {
              model.bound(DEFAULTS);
              model.close();
            }}
          >
            Defaults
          </button>
        </div>
      </form>`,
  };
}

/** @param {BoardModel} _model */
export const keysPlace = (_model) => ({
  title: 'Keys',
  body: html`<dl class="keys">
      ${SHORTCUTS.map(
        ([key, , what]) =>
          html`<div>
            <dt><kbd>${key}</kbd></dt>
            <dd>${what}</dd>
          </div>`,
      )}
    </dl>
    <p class="note">
      In a table: arrows, Page Up and Down, Home and End walk along the rows, Enter opens one. Keys
      rest while you type.
    </p>`,
});

/** @param {BoardModel} model */
export const logPlace = (model) => ({
  title: 'Done from this board',
  body: html`<p class="note">
      Since this page was opened. The server's audit has all of it, with your name and reason.
    </p>
    ${model.deeds.length === 0
      ? html`<p class="empty">Nothing yet.</p>`
      : html`<ul class="list">
          ${model.deeds.map(
            (deed) =>
              html`<li class="deed">
                ${lamp(deed.bad ? 'stop' : 'clear')}
                <span><time>${dayText(deed.at)}</time> <bdi>${deed.text}</bdi></span>
                ${deed.undo
                  ? html`<button class="button small" @click=${() => void model.undo(deed)}>
                      Undo<span class="unseen"> ${deed.text}</span>
                    </button>`
                  : nothing}
              </li>`,
          )}
        </ul>`}`,
});
