// @ts-check
/**
 * The page of the past: its instant in large letters, the ways to another one, strip and tables.
 *
 * MUST be unmistakable: no part of it may look like the living board to somebody who glances at it.
 */

import { clockText, dayText, figure, healthText } from '../board_words.js';
import { html, nothing } from '../vendor.js';
import { grid } from './board_grid.js';
import { strip } from './board_strip.js';
import { HEALTH } from './board_tables.js';
import { lamp } from './lamps.js';

/** @typedef {import('../past.js').Past} Past */

const STEPS = [-5, -1, 1, 5];

/** @param {Past} past */
export function pastPage(past) {
  const { model, at, busy, error, live } = past;
  const now = live.verdict.state;
  return html`<div class="past" data-past=${at}>
    <header class="past-bar">
      <h1>As it was: ${dayText(at)}</h1>
      <p class="past-now">
        Not live. Now: ${lamp(HEALTH[now] ?? 'moving')} <strong>${healthText(now)}</strong>
      </p>
      <div class="past-ways" role="group" aria-label="Another time">
        ${STEPS.slice(0, 2).map((minutes) => stepTo(past, minutes))}
        <input
          class="field"
          type="datetime-local"
          step="1"
          aria-label="Time"
          .value=${localText(at)}
          @change=${(/** @type {any} */ event) => past.to(new Date(event.target.value).getTime())}
        />
        ${STEPS.slice(2).map((minutes) => stepTo(past, minutes))}
        <input
          type="range"
          aria-label="Time of the last two hours"
          aria-valuetext=${clockText(at)}
          min=${past.begin}
          max=${past.end}
          step="1000"
          .value=${String(at)}
          @change=${(/** @type {any} */ event) => past.to(Number(event.target.value))}
        />
        <button class="button" aria-keyshortcuts="T" @click=${() => past.leave()}>Live again</button>
      </div>
    </header>
    <main class="board" aria-busy=${busy}>
      ${busy
        ? html`<p class="card empty" role="status">${lamp('moving')} Reading back…</p>`
        : error
          ? html`<p class="card empty" role="alert">${lamp('stop')} ${error}</p>`
          : nothing}
      ${model && !busy ? html`${strip(model)}${tables(past, model)}` : nothing}
    </main>
  </div>`;
}

/** @param {Past} past @param {number} minutes */
const stepTo = (past, minutes) =>
  html`<button
    class="button small"
    ?disabled=${past.at + minutes * 60_000 > past.end}
    @click=${() => past.step(minutes)}
  >
    ${minutes > 0 ? '+' : '−'}${Math.abs(minutes)} min
  </button>`;

/** @param {Past} past @param {import('../board_model.js').BoardModel} model */
const tables = (past, model) =>
  html`<div class="tab-bar">
      <div class="tabs" role="group" aria-label="Table">
        ${/** @type {const} */ (['queues', 'agents']).map(
          (id) =>
            html`<button
              class="tab"
              aria-pressed=${past.tab === id}
              @click=${() => past.show(id)}
            >
              ${id === 'queues' ? 'Queues' : 'Agents'}
              <b>${figure(model.state.board?.[id].length)}</b>
            </button>`,
        )}
      </div>
    </div>
    <section class="panel-of-tab">
      <div class="block" data-grid=${past.tab}>${grid(model, past.tab)}</div>
    </section>`;

/** As the field wants it, by the clock on the wall. @param {number} at */
function localText(at) {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}
