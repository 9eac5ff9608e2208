// @ts-check
/**
 * The strip at the top: how the floor does in one word, and the few figures that say why.
 *
 * MUST NOT say OK over old figures. The word, the lamp and the colour always agree.
 */

import { STANDS, abandonRate } from '../board_figures.js';
import { brief, figure, healthText, percent } from '../board_words.js';
import { html, nothing, svg } from '../vendor.js';
import { stopwatch } from '../words.js';
import { lamp } from './lamps.js';

/** @typedef {import('../board_model.js').BoardModel} BoardModel */

/** @type {Record<string, 'clear' | 'caution' | 'stop' | 'moving'>} */
const LAMPS = {
  ok: 'clear',
  starved: 'caution',
  degraded: 'caution',
  stalled: 'stop',
  unknown: 'moving',
};

/** @param {BoardModel} model */
export function health(model) {
  const { state, text, since } = model.verdict;
  const lasts = since
    ? html` <span class="since">for ${stopwatch(model.clock.now() - since)}</span>`
    : nothing;
  return html`<section class="health health-${state}" aria-label="Health" data-health=${state}>
    <p class="health-word">${lamp(LAMPS[state])}<strong>${healthText(state)}</strong>${lasts}</p>
    <p class="health-text"><bdi>${text}</bdi></p>
  </section>`;
}

/** @param {BoardModel} model */
export function strip(model) {
  const totals = model.state.board?.totals ?? {};
  const { perMinute, acceptRate, stands, levelNow } = model.figures;
  const oldest = Number.isFinite(totals.oldest_wait_ms)
    ? stopwatch(totals.oldest_wait_ms + Math.max(0, model.ageMs))
    : '–';
  const judged = totals.event_time_percent;
  return html`<div class="strip">
    ${health(model)}
    <dl class="totals">
      ${total(
        'waiting',
        'Waiting',
        figure(totals.waiting),
        totals.quarantined ? `${totals.quarantined} set aside` : '',
      )}
      ${total('oldest', 'Longest wait', oldest, 'of those in line')}
      ${total('level', 'Service level', percent(judged), html`today, event time${late(levelNow)}`)}
      ${total(
        'abandon',
        'Abandoned',
        percent(abandonRate(totals)),
        `${figure(totals.abandoned)} today`,
      )}
      ${total(
        'rate',
        'Offers / min',
        figure(perMinute),
        perMinute === null ? 'measuring' : 'the last minute',
      )}
      ${total(
        'accept',
        'Accepted',
        percent(acceptRate),
        `of ${figure(totals.offers?.made)} offers`,
      )}
    </dl>
    ${people(stands, totals)}
  </div>`;
}

/** The last minutes beside the day. @param {ReturnType<import('../board_figures.js').levelNow>} now */
const late = (now) =>
  now &&
  html`<br />last ${brief(now.ms)}: <b>${now.percent === null ? 'none due' : percent(now.percent)}</b>`;

/** @param {string} key @param {string} text @param {any} value @param {any} note */
const total = (key, text, value, note) =>
  html`<div class="total" data-total=${key}>
    <dt>${text}</dt>
    <dd>${value}<small>${note}</small></dd>
  </div>`;

/** Every agent in one bar; a pattern of its own for each part. @param {Record<string, number>} stands @param {any} totals */
function people(stands, totals) {
  const all = Math.max(
    1,
    Object.values(stands).reduce((a, b) => a + b, 0),
  );
  let x = 0;
  const parts = STANDS.map(([key]) => {
    const width = (300 * stands[key]) / all;
    const from = x;
    x += width;
    return width > 0
      ? svg`<rect class="stand-${key}" x=${from.toFixed(2)} y="0" width=${Math.max(1, width - 1.5).toFixed(2)} height="10" />`
      : nothing;
  });
  return html`<section class="people" aria-label="Agents">
    <p class="people-head">Agents <b>${figure(totals.agents)}</b></p>
    <svg class="people-bar" viewBox="0 0 300 10" preserveAspectRatio="none" aria-hidden="true">
      ${parts}
    </svg>
    <ul class="people-list">
      ${STANDS.map(
        ([key, text]) =>
          html`<li class=${stands[key] ? '' : 'none'} data-stand=${key}>
            <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
              <rect class="stand-${key}" width="10" height="10" rx="2" />
            </svg>
            ${text} <b>${figure(stands[key])}</b>
          </li>`,
      )}
    </ul>
  </section>`;
}

/** The age of all figures, in the bar. @param {BoardModel} model */
export function ageOfAll(model) {
  if (!model.state.board) return nothing;
  const ms = model.ageMs;
  const text = model.age === 'live' ? 'Figures are current' : `Figures are ${brief(ms)} old`;
  return html`<p class="age ${model.age === 'live' ? '' : 'age-old'}" data-age=${model.age}>
    ${text}
  </p>`;
}
