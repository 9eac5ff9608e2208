// @ts-check
/**
 * The supervisors' board as one template: alarms, totals, tables, and how old all of it is.
 *
 * MUST NOT smooth anything over: an unknown figure is a dash, old figures are crossed out beside
 * their age.
 */

import { html, nothing } from '../vendor.js';
import { duration, needsSignIn, overText, plain } from '../words.js';
import { bar, connection } from './bar.js';
import { HEALTH, agentTable, figure, queueTable } from './board_tables.js';
import { lamp } from './lamps.js';

/**
 * @typedef {import('../board_store.js').Board} Board
 * @typedef {{state: import('../board_store.js').BoardState, phase: import('../phase.js').Phase,
 *            stale: boolean, now: number, local: number, silenceMs: number}} BoardModel
 * @typedef {{retry: () => void, restart: () => void, toSignIn: () => void,
 *            signOut: () => void}} Controls
 */

/** @type {[key: string, text: string][]} */
const TOTALS = [
  ['waiting', 'Waiting'],
  ['offered', 'Offered'],
  ['assigned', 'In hand'],
  ['wrapping', 'Wrap-up'],
  ['answered', 'Answered today'],
  ['abandoned', 'Abandoned today'],
  ['routable', 'Agents routable'],
  ['connected', 'Agents connected'],
];

/** @param {BoardModel} model @param {Controls} controls */
export function boardPage(model, controls) {
  const { board } = model.state;
  const { phase, stale } = model;
  const live = connection(phase, stale, model.local, model.silenceMs, controls.retry);
  const tools = html`<button class="bar-button" @click=${controls.signOut}>Sign out</button>`;
  return html`${bar('Board', board?.workspace ?? '', html`${live}${age(model)}`, tools)}
    ${phase.stage === 'over' ? ended(phase, controls) : nothing}
    <main class="board ${stale && board ? 'stale' : ''}" aria-busy=${!board}>
      ${board ? figures(model, board) : waiting()}
    </main>`;
}

const waiting = () => html`<p class="card empty">${lamp('moving')} Waiting for the server…</p>`;

/** @param {BoardModel} model @param {Board} board */
const figures = (model, board) =>
  html`${alarms(model, board)}${totals(board)}
  ${queueTable(board, model.now)}${agentTable(board, model.now)}`;

/** @param {import('../phase.js').Phase} phase @param {Controls} controls */
function ended({ code, reason }, controls) {
  const wayOut = needsSignIn(code)
    ? html`<button class="button" @click=${controls.toSignIn}>Sign in</button>`
    : html`<button class="button" @click=${controls.restart}>Connect here</button>`;
  return html`<div class="banner banner-stop" role="alert">
    ${lamp('stop')}
    <p>${overText(code, reason)} The figures below are no longer live.</p>
    ${wayOut}
  </div>`;
}

/**
 * How old what is shown may be: since the server's last word on this board.
 * @param {BoardModel} model
 */
function age({ state, now, stale }) {
  if (!state.board) return nothing;
  const old = duration(Math.max(0, now - Math.max(state.heardAt, state.board.as_of)));
  const text = stale ? `Figures are ${old} old` : `Figures of ${old} ago`;
  return html`<p class="age ${stale ? 'age-old' : ''}" data-age>${text}</p>`;
}

/** @param {BoardModel} model @param {Board} board */
function alarms(model, board) {
  const sick = board.queues.filter(({ health }) => health && health.state !== 'ok');
  const open = model.state.incidents.filter((one) => one.state !== 'resolved');
  const count = sick.length + open.length;
  if (count === 0) {
    return html`<p class="all-clear">${lamp('clear')} No queue is stalled, starved or paused.</p>`;
  }
  return html`<section class="alarms" aria-labelledby="alarms-title">
    <h2 class="station" id="alarms-title">Needs attention <span class="count">${count}</span></h2>
    <ul class="stack">
      ${sick.map((queue) => sickQueue(queue, model.now))}${open.map(openIncident)}
    </ul>
  </section>`;
}

/** @param {import('../board_store.js').Row} queue @param {number} now */
const sickQueue = ({ id, name, health }, now) =>
  html`<li class="alarm alarm-${health.state}">
    ${lamp(HEALTH[health.state] ?? 'stop')}
    <p>
      <strong><bdi>${name ?? id}</bdi>: ${plain(health.state)}</strong>
      ${health.since ? html`for ${duration(now - health.since)}.` : nothing}
      <bdi>${health.text ?? plain(health.cause ?? '')}</bdi>
    </p>
  </li>`;

/** @param {import('../board_store.js').Row} incident */
const openIncident = ({ id, text, cause, kind }) =>
  html`<li class="alarm">
    ${lamp('caution')}
    <p><strong>Incident ${id}</strong> <bdi>${text ?? plain(cause ?? kind ?? '')}</bdi></p>
  </li>`;

/** @param {Board} board */
const totals = (board) =>
  html`<dl class="totals">
    ${TOTALS.map(
      ([key, text]) =>
        html`<div class="total" data-total=${key}>
          <dt>${text}</dt>
          <dd>${figure(board.totals?.[key])}</dd>
        </div>`,
    )}
  </dl>`;
