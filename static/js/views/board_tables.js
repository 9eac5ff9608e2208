// @ts-check
/**
 * The two tables of the board as columns: a heading, what a row shows, what it is sorted by.
 *
 * MUST NOT compute a figure that the server did not send, except the time that has passed since.
 */

import { STANDS, abandonRate, gravity, standOf } from '../board_figures.js';
import { worst } from '../board_levels.js';
import { oldestWait } from '../board_store.js';
import { againstAll, brief, figure, healthText, percent, unknownText } from '../board_words.js';
import { html, nothing, svg } from '../vendor.js';
import { plain, stopwatch } from '../words.js';
import { lamp } from './lamps.js';

/**
 * @typedef {import('../board_store.js').Row} Row
 * @typedef {import('../board_model.js').BoardModel} BoardModel
 * @typedef {{key: string, title: string, kind: 'n' | 'text', rank: 1 | 2 | 3, hint?: string,
 *            cell: (row: Row, model: BoardModel) => any,
 *            sort: (row: Row, model: BoardModel) => number | string | null}} Column
 *   `rank`: what goes first when there is no room: 3
 */

/** @type {Record<string, 'clear' | 'caution' | 'off' | 'stop'>} */
export const HEALTH = {
  ok: 'clear',
  stalled: 'stop',
  starved: 'caution',
  degraded: 'caution',
  paused: 'off',
  closed: 'off',
};
/** @type {Record<string, 'clear' | 'caution' | 'stop' | 'off'>} */
const STAND_LAMP = {
  routable: 'clear',
  busy: 'caution',
  wrap_up: 'caution',
  resting: 'caution',
  lost: 'stop',
  away: 'off',
  offline: 'off',
};

/** @param {any} text */
const small = (text) => (text ? html`<small><bdi>${text}</bdi></small>` : nothing);

/** @param {number | null} ms */
const clock = (ms) => (ms === null || ms === undefined ? '–' : stopwatch(ms));

/** @param {any} aspect @param {any} text @param {any} [below] */
export const withLamp = (aspect, text, below) =>
  html`<span class="with-lamp"
    >${lamp(aspect)}<span class="two"><bdi class="cut">${text}</bdi>${small(below)}</span></span
  >`;

/** A figure with the level it has reached: a shape and words, not colour alone. @param {any} level @param {any} text */
function levelled(level, text) {
  if (!level) return text;
  const words = level === 2 ? 'far over the threshold' : 'over the threshold';
  return html`<span class="lv lv-${level}"
    ><svg class="mark" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
      ${level === 2 ? svg`<path d="M1 1h8v8H1z" />` : svg`<path d="M5 1 9.5 9h-9z" />`}</svg
    ><span>${text}</span><span class="unseen"> (${words})</span></span
  >`;
}

/** @param {Row} row @param {BoardModel} model @param {string} kind */
const levelOf = (row, model, kind) => model.levels.get(row.id)?.[kind];

/** @param {Row} row @param {BoardModel} model */
const oldest = (row, model) =>
  model.state.board && oldestWait(model.state.board, row, model.clock.now());

/** Who waits, by how long: three parts of one bar. @param {Row} row */
function ages({ waiting_by_age: by }) {
  if (!by) return nothing;
  const parts = [by.within_target, by.over_target, by.over_3_targets];
  const sum = parts.reduce((a, b) => a + b, 0);
  if (sum === 0) return small('none');
  let x = 0;
  const bars = parts.map((part, index) => {
    const from = x;
    x += (part * 60) / sum;
    return part
      ? svg`<rect class="age-${index}" x=${from.toFixed(2)} y="0" height="6" width=${Math.max(1.5, x - from - 1).toFixed(2)} />`
      : nothing;
  });
  return html`<svg
    class="ages"
    viewBox="0 0 60 6"
    width="60"
    height="6"
    role="img"
    aria-label="${parts[0]} within the target, ${parts[1]} over it, ${parts[2]} over three times it"
  >
    ${bars}
  </svg>`;
}

/** @param {Row} row @param {BoardModel} model */
function estimate(row, model) {
  const held = model.got('estimates');
  const wait = held.data?.[row.id];
  if (row.waiting === 0 && row.capacity_free > 0) return html`at once${small('somebody is free')}`;
  if (!wait) return '–';
  if (wait.unknown) return html`unknown${small(unknownText(wait.unknown))}`;
  return html`${brief(wait.p50_ms)}${small(`p90 ${brief(wait.p90_ms)}`)}`;
}

/** @param {Row} row @param {BoardModel} model */
function lastOffer(row, model) {
  const at = row.last_offer_at;
  return levelled(
    levelOf(row, model, 'quiet'),
    at ? `${brief(model.clock.now() - at)} ago` : 'none',
  );
}

/** @param {Row} row @param {BoardModel} model */
const serviceLevel = (row, model) => {
  const {
    percent: reached,
    target_ms: target,
    variant,
    promise_percent: promise,
  } = row.service_level ?? {};
  return html`${levelled(levelOf(row, model, 'level'), percent(reached))}${small(
    target ? `${promise} in ${brief(target)} · ${plain(variant ?? '')}` : '',
  )}`;
};

/** The worst first: levels, then health, then the oldest wait. @param {Row} row @param {BoardModel} model */
function trouble(row, model) {
  const health = 5 - gravity(row);
  return -(
    health * 10 +
    worst(model.levels.get(row.id) ?? {}) * 12 +
    Math.min(0.9, (oldest(row, model) ?? 0) / 3.6e6)
  );
}

/** @type {Column[]} */
export const QUEUE_COLUMNS = [
  {
    key: 'worst',
    title: 'Queue',
    kind: 'text',
    rank: 1,
    cell: (row) =>
      withLamp(
        HEALTH[row.health?.state] ?? 'off',
        row.name || row.id,
        healthText(row.health?.state ?? 'unknown'),
      ),
    sort: trouble,
  },
  {
    key: 'waiting',
    title: 'Waiting',
    kind: 'n',
    rank: 1,
    cell: (row, model) =>
      html`<span class="strong"
          >${levelled(levelOf(row, model, 'waiting'), figure(row.waiting))}</span
        >${ages(row)}`,
    sort: (row) => row.waiting,
  },
  {
    key: 'oldest',
    title: 'Oldest',
    kind: 'n',
    rank: 1,
    hint: 'Of those in line: not set aside, not before a closed door',
    cell: (row, model) => {
      const ms = oldest(row, model);
      return levelled(levelOf(row, model, 'oldest'), ms === null ? '–' : stopwatch(ms));
    },
    sort: oldest,
  },
  {
    key: 'wait',
    title: 'Next waits',
    kind: 'n',
    rank: 3,
    hint: 'Estimate for the one who comes next: half within, nine of ten within',
    cell: estimate,
    sort: (row, model) => model.got('estimates').data?.[row.id]?.p50_ms ?? null,
  },
  {
    key: 'offered',
    title: 'On offer',
    kind: 'n',
    rank: 2,
    cell: (row) => figure(row.offered),
    sort: (row) => row.offered,
  },
  {
    key: 'assigned',
    title: 'In hand',
    kind: 'n',
    rank: 2,
    cell: (row) =>
      html`${figure(row.assigned)}${small(row.wrapping ? `${row.wrapping} in wrap-up` : '')}`,
    sort: (row) => row.assigned,
  },
  {
    key: 'free',
    title: 'Free units',
    kind: 'n',
    rank: 1,
    cell: (row, model) =>
      html`${levelled(levelOf(row, model, 'free'), figure(row.capacity_free))}${small(
        `${figure(row.routable)} of ${figure(row.members)} can`,
      )}`,
    sort: (row) => row.capacity_free,
  },
  {
    key: 'level',
    title: 'Service level',
    kind: 'n',
    rank: 1,
    cell: serviceLevel,
    sort: (row) => row.service_level?.percent ?? null,
  },
  {
    key: 'asa',
    title: 'ASA',
    kind: 'n',
    rank: 3,
    hint: 'Average speed of answer',
    cell: (row) => clock(row.asa_ms),
    sort: (row) => row.asa_ms,
  },
  {
    key: 'aht',
    title: 'AHT',
    kind: 'n',
    rank: 3,
    hint: 'Average handling time, wrap-up included',
    cell: (row) => clock(row.aht_ms),
    sort: (row) => row.aht_ms,
  },
  {
    key: 'answered',
    title: 'Answered',
    kind: 'n',
    rank: 3,
    cell: (row) => figure(row.answered),
    sort: (row) => row.answered,
  },
  {
    key: 'abandoned',
    title: 'Left',
    kind: 'n',
    rank: 2,
    hint: 'Customers who left unanswered',
    cell: (row, model) =>
      html`${levelled(levelOf(row, model, 'abandon'), figure(row.abandoned))}${small(
        percent(abandonRate(row)),
      )}`,
    sort: (row) => row.abandoned,
  },
  {
    key: 'missed',
    title: 'Offers missed',
    kind: 'n',
    rank: 3,
    cell: (row) => html`${figure(row.offers?.timed_out)}${small(`of ${figure(row.offers?.made)}`)}`,
    sort: (row) => row.offers?.timed_out ?? null,
  },
  {
    key: 'quiet',
    title: 'Last offer',
    kind: 'n',
    rank: 2,
    cell: lastOffer,
    sort: (row) => row.last_offer_at,
  },
];

const STAND_TEXT = Object.fromEntries(STANDS);

/** @param {Row} row */
function load({ load: used, capacity }) {
  const total = Math.max(capacity, used, 1);
  const width = (48 * Math.min(used, total)) / total;
  return html`<span class="load"
    ><svg viewBox="0 0 50 8" width="50" height="8" aria-hidden="true">
      <rect class="groove" x="0.5" y="0.5" width="49" height="7" rx="2" />
      <rect class="used" x="1" y="1" width=${width.toFixed(1)} height="6" rx="1.5" /></svg
    >${figure(used)} of ${figure(capacity)}</span
  >`;
}

/** @type {Column[]} */
export const AGENT_COLUMNS = [
  {
    key: 'name',
    title: 'Agent',
    kind: 'text',
    rank: 1,
    cell: (row) => withLamp(STAND_LAMP[standOf(row)], row.name || row.id, STAND_TEXT[standOf(row)]),
    sort: (row) => row.name || row.id,
  },
  {
    key: 'routable',
    title: 'Can get offers',
    kind: 'text',
    rank: 1,
    cell: (row) =>
      row.routable
        ? 'yes'
        : html`<span class="two">no<small class="cut">${againstAll(row.why_not)}</small></span>`,
    sort: (row) => Number(!row.routable),
  },
  {
    key: 'presence',
    title: 'Presence',
    kind: 'text',
    rank: 2,
    cell: (row) =>
      html`<span class="two"
        ><bdi class="cut">${row.custom_presence ? plain(row.custom_presence) : row.presence}</bdi
        >${small(
          [plain(row.reason ?? ''), row.plan ? `then ${row.plan.presence}` : '']
            .filter(Boolean)
            .join(', '),
        )}</span
      >`,
    sort: (row) => row.presence,
  },
  {
    key: 'since',
    title: 'For',
    kind: 'n',
    rank: 2,
    cell: (row, model) => (row.since ? stopwatch(model.clock.now() - row.since) : '–'),
    sort: (row, model) => (row.since ? model.clock.now() - row.since : null),
  },
  {
    key: 'load',
    title: 'Load',
    kind: 'n',
    rank: 1,
    cell: load,
    sort: (row) => row.load / Math.max(1, row.capacity),
  },
  {
    key: 'hands',
    title: 'In hand',
    kind: 'n',
    rank: 2,
    cell: (row) => figure(row.conversations?.length),
    sort: (row) => row.conversations?.length ?? 0,
  },
  {
    key: 'offers',
    title: 'On offer',
    kind: 'n',
    rank: 3,
    cell: (row) => figure(row.offers?.length),
    sort: (row) => row.offers?.length ?? 0,
  },
  {
    key: 'missed',
    title: 'Misses in a row',
    kind: 'n',
    rank: 3,
    cell: (row) => levelled(row.missed_streak > 1 ? 1 : 0, figure(row.missed_streak)),
    sort: (row) => row.missed_streak ?? 0,
  },
  {
    key: 'connection',
    title: 'Connection',
    kind: 'text',
    rank: 3,
    cell: (row) => row.connection,
    sort: (row) => row.connection,
  },
];
