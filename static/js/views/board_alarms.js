// @ts-check
/**
 * What needs attention, the worst first: incidents with their diagnosis, and queues that suffer.
 *
 * MUST NOT hide a stall behind a button, and MUST NOT tell one trouble twice: a queue whose incident
 * is told here is not listed again.
 */

import { gravity } from '../board_figures.js';
import { counted, healthText, span, stepText } from '../board_words.js';
import { html, nothing } from '../vendor.js';
import { duration, plain } from '../words.js';
import { lamp } from './lamps.js';
import { HEALTH } from './board_tables.js';

/**
 * @typedef {import('../board_model.js').BoardModel} BoardModel
 * @typedef {import('../board_store.js').Row} Row
 */

const SHOWN = 3;
const GRAVE = ['stalled', 'degraded', 'starved'];

/** @param {BoardModel} model */
export function alarms(model) {
  const open = model.openIncidents
    .map((one) => /** @type {const} */ ([stateOf(one, model), one]))
    .sort(
      ([a, one], [b, other]) =>
        Number(!!one.acknowledged_by) - Number(!!other.acknowledged_by) ||
        GRAVE.indexOf(a) - GRAVE.indexOf(b) ||
        one.since - other.since,
    );
  const told = new Set(open.map(([, { queue }]) => queue).filter(Boolean));
  const sick = (model.state.board?.queues ?? [])
    .filter(({ id, health }) => health && health.state !== 'ok' && !told.has(id))
    .sort((a, b) => gravity(a) - gravity(b) || a.health.since - b.health.since);
  const stalls = sick.filter(({ health }) => health.state === 'stalled');
  const rest = sick.filter(({ health }) => health.state !== 'stalled');
  const items = [
    ...stalls.map((queue) => sickQueue(queue, model)),
    ...open.map(([state, one]) => incident(one, state, model)),
    ...rest.map((queue) => sickQueue(queue, model)),
  ];
  if (items.length === 0) return nothing;
  const shown = model.allAlarms ? items : items.slice(0, SHOWN);
  const toggle = () => {
    model.allAlarms = !model.allAlarms;
    model.changed();
  };
  return html`<section class="alarms" aria-labelledby="alarms-title">
    <h2 class="station" id="alarms-title" tabindex="-1">
      Needs attention <span class="count">${items.length}</span>
    </h2>
    <ul class="stack">
      ${shown}
    </ul>
    ${items.length > SHOWN
      ? html`<button class="button quiet more" aria-expanded=${model.allAlarms} @click=${toggle}>
          ${model.allAlarms ? 'Show fewer' : `Show ${items.length - SHOWN} more`}
        </button>`
      : nothing}
  </section>`;
}

/** The server's sentence without the name that already stands there. @param {string} text @param {string} name */
const sentence = (text, name) =>
  text.startsWith(`${name}: `) ? text.slice(name.length + 2) : text;

/** @param {Row} queue @param {BoardModel} model */
const sickQueue = ({ id, name, health }, model) =>
  html`<li class="alarm alarm-${health.state}" data-alarm=${id}>
    ${lamp(HEALTH[health.state] ?? 'stop')}
    <div class="alarm-text">
      <p>
        <strong><bdi>${name || id}</bdi>: ${healthText(health.state).toLowerCase()}</strong>
        ${health.since
          ? html`<span class="since">for ${duration(model.clock.now() - health.since)}</span>`
          : nothing}
      </p>
      <p><bdi>${sentence(health.text ?? plain(health.cause ?? ''), name)}</bdi></p>
    </div>
    <div class="alarm-tools">
      <button class="button small" aria-haspopup="dialog" @click=${() => model.open('queue', id)}>
        Open <span class="unseen">queue ${name || id}</span>
      </button>
    </div>
  </li>`;

/**
 * How an incident shows on the board: as its queue does, or any queue with the same cause.
 * @param {Row} one
 * @param {BoardModel} model
 */
function stateOf(one, model) {
  const queues = one.queue ? [model.queue(one.queue)] : (model.state.board?.queues ?? []);
  const states = queues
    .filter((queue) => queue?.health && (one.queue || queue.health.cause === one.cause))
    .map((queue) => queue?.health.state);
  return GRAVE.find((state) => states.includes(state)) ?? 'degraded';
}

/** @param {Row} one @param {string} state @param {BoardModel} model */
function incident(one, state, model) {
  const last = one.steps?.at(-1);
  return html`<li
    class="alarm alarm-${state} ${one.acknowledged_by ? 'alarm-known' : ''}"
    data-incident=${one.id}
  >
    ${lamp(HEALTH[state] ?? 'caution')}
    <div class="alarm-text">
      <p>
        <strong>${one.title ?? plain(one.cause ?? 'Incident')}</strong>
        <span class="since"
          >for ${duration(model.clock.now() - one.since)} · incident ${one.id}</span
        >
      </p>
      <p><bdi>${one.text ?? ''}</bdi></p>
      ${last
        ? html`<p class="done-so-far">
            ${stepText(last.step)} ${span(Math.max(0, model.clock.now() - last.at))} ago:
            <bdi>${last.text}</bdi>${(one.steps?.length ?? 0) > 1
              ? ` (${counted(one.steps.length, 'step')} so far)`
              : ''}
          </p>`
        : html`<p class="done-so-far">Nothing was done about it yet.</p>`}
    </div>
    <div class="alarm-tools">
      ${one.acknowledged_by
        ? html`<p class="known">with <bdi>${one.acknowledged_by}</bdi></p>`
        : html`<button
            class="button small"
            aria-haspopup="dialog"
            @click=${() => model.ask('acknowledge', one)}
          >
            Acknowledge<span class="unseen"> ${one.id}</span>
          </button>`}
      <button
        class="button small"
        aria-haspopup="dialog"
        @click=${() => model.open('incident', one.id)}
      >
        Evidence<span class="unseen"> of ${one.id}</span>
      </button>
    </div>
  </li>`;
}
