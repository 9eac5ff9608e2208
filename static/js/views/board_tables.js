// @ts-check
/**
 * The two tables of the board, as columns: a heading and what a row shows under it.
 *
 * MUST NOT compute a figure that the server did not send, except the time that has passed since.
 */

import { oldestWait } from '../board_store.js';
import { html, nothing, repeat } from '../vendor.js';
import { duration, plain, stopwatch, whyNotText } from '../words.js';
import { lamp } from './lamps.js';

/**
 * @typedef {import('../board_store.js').Row} Row
 * @typedef {import('../board_store.js').Board} Board
 * @typedef {[title: string, kind: 'n' | 'text', cell: (row: Row, now: number, board: Board) =>
 * any]} Column
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
/** @type {Record<string, 'clear' | 'caution' | 'stop'>} */
const PRESENCE = { available: 'clear', away: 'caution', offline: 'stop' };

/** @param {any} value */
export const figure = (value) =>
  Number.isFinite(value) ? Number(value).toLocaleString('en') : '–';

/** @param {any} value */
const percent = (value) => (Number.isFinite(value) ? `${Math.round(value * 10) / 10} %` : '–');

/** @param {any} text */
const small = (text) => (text ? html`<small><bdi>${text}</bdi></small>` : nothing);

/** @param {any} aspect @param {any} text @param {any} [below] */
const withLamp = (aspect, text, below) =>
  html`<span class="with-lamp"
    >${lamp(aspect)}<span><bdi>${text}</bdi>${small(below)}</span></span
  >`;

/** @type {Column[]} */
const QUEUE_COLUMNS = [
  [
    'Queue',
    'text',
    (row) =>
      withLamp(
        HEALTH[row.health?.state] ?? 'off',
        row.name ?? row.id,
        plain(row.health?.state ?? 'unknown'),
      ),
  ],
  ['Waiting', 'n', (row) => html`<span class="strong">${figure(row.waiting)}</span>`],
  ['Oldest', 'n', (row, now, board) => elapsed(oldestWait(board, row, now))],
  ['Offered', 'n', (row) => figure(row.offered)],
  ['In hand', 'n', (row) => figure(row.assigned)],
  ['Wrap-up', 'n', (row) => figure(row.wrapping)],
  ['Routable', 'n', (row) => html`${figure(row.routable)}${small(`of ${figure(row.members)}`)}`],
  ['Free units', 'n', (row) => figure(row.capacity_free)],
  ['Service level', 'n', (row) => serviceLevel(row.service_level ?? {})],
  ['Speed of answer', 'n', (row) => (Number.isFinite(row.asa_ms) ? duration(row.asa_ms) : '–')],
  ['Answered', 'n', (row) => figure(row.answered)],
  ['Abandoned', 'n', (row) => figure(row.abandoned)],
  ['Offers taken', 'n', (row) => offersTaken(row.offers ?? {})],
  ['Missed', 'n', (row) => figure(row.offers?.timed_out)],
];

/** @type {Column[]} */
const AGENT_COLUMNS = [
  ['Agent', 'text', (row) => html`<bdi>${row.name || row.id}</bdi>`],
  [
    'Presence',
    'text',
    (row) => withLamp(PRESENCE[row.presence] ?? 'off', row.presence, plain(row.reason ?? '')),
  ],
  ['For', 'n', (row, now) => elapsed(row.since ? now - row.since : null)],
  ['Connection', 'text', (row) => row.connection],
  [
    'Offers can come',
    'text',
    (row) => (row.routable ? 'yes' : html`no${small(whyNotText(row.why_not, false))}`),
  ],
  ['Load', 'n', (row) => `${figure(row.load)} of ${figure(row.capacity)}`],
  ['In hand', 'n', (row) => figure(row.conversations?.length)],
];

/** @param {Board} board @param {number} now server time */
export const queueTable = (board, now) => table('queues', 'Queues', QUEUE_COLUMNS, board, now);

/** @param {Board} board @param {number} now server time */
export const agentTable = (board, now) => table('agents', 'Agents', AGENT_COLUMNS, board, now);

/** @param {number | null} ms */
const elapsed = (ms) => (ms === null ? '–' : stopwatch(ms));

/** @param {any} level */
function serviceLevel({ percent: reached, target_ms, variant }) {
  const within = target_ms ? `in ${duration(target_ms)}, ` : '';
  return html`${percent(reached)}${small(`${within}${plain(variant ?? '')}`)}`;
}

/** @param {any} offers */
const offersTaken = ({ accepted, made }) => html`${figure(accepted)}${small(`of ${figure(made)}`)}`;

/**
 * @param {'queues' | 'agents'} id
 * @param {string} title
 * @param {Column[]} columns the first names the row
 * @param {Board} board
 * @param {number} now
 */
function table(id, title, columns, board, now) {
  const heading = `${id}-title`;
  return html`<div class="block">
    <h2 class="station" id=${heading}>${title} <span class="count">${board[id].length}</span></h2>
    <div class="scroll card" role="region" aria-labelledby=${heading} tabindex="0">
      <table>
        <thead>
          <tr>
            ${columns.map(([text, kind]) => html`<th scope="col" class=${kind}>${text}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${repeat(
            board[id],
            (row) => row.id,
            (row) => tableRow(columns, row, now, board),
          )}
        </tbody>
      </table>
    </div>
  </div>`;
}

/** @param {Column[]} columns @param {Row} row @param {number} now @param {Board} board */
function tableRow([[, , name], ...columns], row, now, board) {
  return html`<tr data-row=${row.id}>
    <th scope="row">${name(row, now, board)}</th>
    ${columns.map(([, kind, cell]) => html`<td class=${kind}>${cell(row, now, board)}</td>`)}
  </tr>`;
}
