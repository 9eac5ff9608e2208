// @ts-check
/**
 * The wallboard: few figures, large, to be read from across a room.
 *
 * MUST NOT show a person, customer or agent, by name or id, and MUST NOT act on anything.
 */

import { abandonRate, gravity } from '../board_figures.js';
import { worst } from '../board_levels.js';
import { oldestWait } from '../board_store.js';
import { brief, figure, healthText, percent } from '../board_words.js';
import { html, nothing } from '../vendor.js';
import { stopwatch } from '../words.js';
import { lamp } from './lamps.js';
import { HEALTH } from './board_tables.js';

/** @typedef {import('../board_model.js').BoardModel} BoardModel */

const QUEUES = 10;
/** @type {Record<string, string>} what a room may know: the diagnosis may name people */
const WORDS = {
  ok: 'Nobody waits who could be served now',
  stalled: 'Somebody waits who could be served',
  degraded: 'Something is wrong',
  starved: 'Nobody is free to serve',
  unknown: 'The figures are not current',
};

/** @param {BoardModel} model */
export function wall(model) {
  const board = model.state.board;
  if (model.link === 'void')
    return html`<main class="wall">
      <p class="empty">${lamp('stop')} This link was taken back, or never was one.</p>
    </main>`;
  if (!board)
    return html`<main class="wall">
      <p class="empty">${lamp('moving')} Waiting for the server…</p>
    </main>`;
  const { totals } = board;
  const { state, since } = model.verdict;
  const { perMinute } = model.figures;
  const rows = [...board.queues].sort(
    (a, b) =>
      gravity(a) - gravity(b) ||
      worst(model.levels.get(b.id) ?? {}) - worst(model.levels.get(a.id) ?? {}) ||
      b.waiting - a.waiting ||
      (a.id < b.id ? -1 : 1),
  );
  const stale = model.age === 'stale';
  return html`<main class="wall ${stale ? 'stale' : ''}">
      <h1 class="unseen">Wallboard</h1>
      <section class="wall-health health-${state}" data-health=${state} aria-label="Health">
        ${lamp(HEALTH[state] ?? 'moving')} <strong>${healthText(state)}</strong>
        <span>${WORDS[state]}${since ? ` for ${stopwatch(model.clock.now() - since)}` : ''}</span>
      </section>
      <dl class="wall-totals">
        ${big('Waiting', figure(totals.waiting))}
        ${big(
          'Longest wait',
          Number.isFinite(totals.oldest_wait_ms)
            ? stopwatch(totals.oldest_wait_ms + model.ageMs)
            : '–',
        )}
        ${big('Service level', percent(totals.event_time_percent))}
        ${big('Left', percent(abandonRate(totals)))}
        ${big('Agents free', `${figure(totals.routable)} of ${figure(totals.connected)}`)}
        ${big('Offers a minute', figure(perMinute))}
      </dl>
      <ul class="wall-queues">
        <li class="wall-queue wall-heads">
          <span></span><span>Queue</span><span>Waiting</span><span>Oldest</span><span>Level</span>
        </li>
        ${rows.slice(0, QUEUES).map((row) => {
          const ms = oldestWait(board, row, model.clock.now());
          return html`<li class="wall-queue wall-${row.health.state}">
            ${lamp(HEALTH[row.health.state] ?? 'off')}
            <span class="wall-name"
              ><bdi>${row.name || row.id}</bdi> <small>${healthText(row.health.state)}</small></span
            >
            <b>${figure(row.waiting)}</b><span>${ms === null ? '–' : stopwatch(ms)}</span
            ><span>${percent(row.service_level?.percent)}</span>
          </li>`;
        })}
      </ul>
      ${rows.length > QUEUES
        ? html`<p class="note">and ${rows.length - QUEUES} more queues</p>`
        : nothing}
    </main>
    ${stale
      ? html`<p class="wall-stale" role="alert">Not current: ${brief(model.ageMs)} old</p>`
      : nothing}
    ${model.link
      ? nothing
      : html`<button class="button small wall-leave" @click=${() => model.toggleWall()}>
          Leave the wallboard
        </button>`}`;
}

/** @param {string} name @param {any} value */
const big = (name, value) =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
