// @ts-check
/**
 * One queue and one agent in the drawer: figures, who serves it, what waits, what can be done.
 *
 * MUST NOT list people under a queue whom the server does not name as its members.
 */

import { STANDS, standOf } from '../board_figures.js';
import { againstAll, dayText, figure, healthText, span } from '../board_words.js';
import { html, nothing } from '../vendor.js';
import { plain, stopwatch } from '../words.js';
import { conversationList } from './board_conversation.js';
import { lamp } from './lamps.js';
import { HEALTH, QUEUE_COLUMNS, withLamp } from './board_tables.js';

/**
 * @typedef {import('../board_model.js').BoardModel} BoardModel
 * @typedef {import('../board_store.js').Row} Row
 */

const PEOPLE_SHOWN = 200;

/** @param {BoardModel} model @param {string} id */
export function queuePlace(model, id) {
  const path = `v1/conversations?queue=${encodeURIComponent(id)}&limit=200`;
  const queue = model.queue(id);
  if (!queue)
    return { title: id, path, body: html`<p class="empty">There is no such queue any more.</p>` };
  /** @type {Row[]} */
  const rows = model.got(path).data?.conversations ?? [];
  const members = (model.state.board?.agents ?? []).filter(({ queues }) => queues.includes(id));
  members.sort((a, b) => Number(!a.routable) - Number(!b.routable) || (a.name < b.name ? -1 : 1));
  const { state, text, since } = queue.health;
  return {
    title: html`<bdi>${queue.name || id}</bdi>`,
    path,
    body: html`<p class="sentence">
        ${lamp(HEALTH[state] ?? 'stop')}
        <span
          ><strong>${healthText(state)}</strong>${since
            ? html` for ${stopwatch(model.clock.now() - since)}`
            : nothing}. <bdi>${text ?? ''}</bdi></span
        >
      </p>
      ${queueTools(model, queue, rows)}
      <dl class="figures">
        ${QUEUE_COLUMNS.slice(1).map(
          ({ title, cell }) =>
            html`<div>
              <dt>${title}</dt>
              <dd>${cell(queue, model)}</dd>
            </div>`,
        )}
      </dl>
      <h3 class="station">Conversations <span class="count">${rows.length}</span></h3>
      ${conversationList(model, rows)}
      ${rows.length >= 200 ? html`<p class="note">Only the first 200 are listed.</p>` : nothing}
      <h3 class="station">Members <span class="count">${members.length}</span></h3>
      ${people(model, members)}`,
  };
}

/** @param {BoardModel} model @param {Row} queue @param {Row[]} rows */
function queueTools(model, queue, rows) {
  const names = {
    open: ['pause', 'drain'],
    paused: ['resume', 'drain'],
    draining: ['resume', 'pause'],
  };
  const offered = names[/** @type {'open'} */ (queue.status)] ?? ['pause', 'drain', 'resume'];
  const texts = /** @type {Record<string, string>} */ ({
    pause: 'Pause',
    drain: 'Drain',
    resume: 'Resume',
  });
  return html`<div class="row tools" role="group" aria-label="Actions">
    ${offered.map(
      (name) =>
        html`<button
          class="button small"
          aria-haspopup="dialog"
          @click=${() => model.ask(name, queue)}
        >
          ${texts[name]}
        </button>`,
    )}
    <button
      class="button small"
      aria-haspopup="dialog"
      ?disabled=${rows.length === 0}
      @click=${() => model.askMany(queue, rows)}
    >
      Move many…
    </button>
    <button
      class="button small"
      aria-haspopup="dialog"
      @click=${() => model.askMessage({ queue: queue.id })}
    >
      Message the members
    </button>
  </div>`;
}

/** @param {BoardModel} model @param {Row[]} members */
const people = (model, members) =>
  html`<ul class="list">
      ${members.slice(0, PEOPLE_SHOWN).map(
        (row) =>
          html`<li>
            <button class="item" @click=${() => model.open('agent', row.id, true)}>
              <span class="item-name"
                >${withLamp(row.routable ? 'clear' : 'off', row.name || row.id)}</span
              >
              <span class="item-state"
                >${row.routable ? 'can get offers' : againstAll(row.why_not)}</span
              >
              <span class="item-time">${figure(row.load)} of ${figure(row.capacity)}</span>
            </button>
          </li>`,
      )}
    </ul>
    ${members.length > PEOPLE_SHOWN
      ? html`<p class="note">Only the first ${PEOPLE_SHOWN} are listed.</p>`
      : nothing}`;

/** @param {BoardModel} model @param {string} id */
export function agentPlace(model, id) {
  const path = `v1/agents/${encodeURIComponent(id)}`;
  const row = model.agent(id);
  const settings = model.got(path).data;
  if (!row)
    return { title: id, path, body: html`<p class="empty">There is no such agent any more.</p>` };
  /** @type {Row[]} */
  const held =
    model.got(`v1/conversations?agent=${encodeURIComponent(id)}&limit=50`).data?.conversations ??
    [];
  /** @type {Row[]} */
  const offers = model.got(`${path}/offers?limit=20`).data?.offers ?? [];
  const stand = STANDS.find(([key]) => key === standOf(row))?.[1];
  return {
    title: html`<bdi>${row.name || id}</bdi>`,
    path,
    body: html`<p class="sentence">
        ${lamp(row.routable ? 'clear' : 'off')}
        <span
          ><strong>${stand}</strong>${row.routable ? '.' : html`: ${againstAll(row.why_not)}.`}
          ${plain(row.custom_presence ?? row.presence)} for
          ${stopwatch(model.clock.now() - row.since)}${row.reason
            ? html`, <bdi>${plain(row.reason)}</bdi>`
            : nothing};
          socket ${row.connection}; offers missed in a row: ${figure(row.missed_streak)}.</span
        >
      </p>
      <div class="row tools" role="group" aria-label="Actions">
        <button
          class="button small"
          aria-haspopup="dialog"
          @click=${() => model.ask('presence', row)}
        >
          Set the presence
        </button>
        <button
          class="button small"
          aria-haspopup="dialog"
          ?disabled=${!settings || !model.isAdmin}
          title=${model.isAdmin ? nothing : 'For admins'}
          @click=${() => model.ask('level', { ...settings })}
        >
          Change a membership
        </button>
        <button
          class="button small"
          aria-haspopup="dialog"
          @click=${() => model.askMessage({ agent: id })}
        >
          Send a message
        </button>
        <button
          class="button small"
          aria-haspopup="dialog"
          @click=${() => model.ask('signOut', row)}
        >
          Log out
        </button>
      </div>
      ${signedOut(settings)}
      <h3 class="station">In hand and on offer <span class="count">${held.length}</span></h3>
      ${conversationList(model, held)}
      <h3 class="station">Memberships</h3>
      ${memberships(model, settings)}
      <h3 class="station">Latest offers</h3>
      ${latest(model, offers)}`,
  };
}

/** @param {any} settings */
function signedOut(settings) {
  const ended = settings?.signed_out;
  if (!ended) return nothing;
  return html`<p class="note">
    Logged out on ${dayText(ended.at)} by <bdi>${ended.by}</bdi>${ended.reason
      ? html`: <bdi>${ended.reason}</bdi>`
      : nothing}.
  </p>`;
}

/** @param {BoardModel} model @param {any} settings */
function memberships(model, settings) {
  const queues = Object.entries(settings?.queues ?? {});
  if (queues.length === 0) return html`<p class="note">In no queue.</p>`;
  return html`<ul class="plates">
    ${queues.map(
      ([id, level]) =>
        html`<li class="plate"><bdi>${model.queue(id)?.name || id}</bdi>, level ${level}</li>`,
    )}
  </ul>`;
}

/** @param {BoardModel} model @param {Row[]} offers */
const latest = (model, offers) =>
  offers.length === 0
    ? html`<p class="note">None in memory.</p>`
    : html`<ul class="list">
        ${offers.map(
          (one) =>
            html`<li>
              <button
                class="item"
                @click=${() => model.open('conversation', one.conversation, true)}
              >
                <span class="item-name">${dayText(one.made_at)}</span>
                <span class="item-state"
                  >${plain(one.state)}${one.reason ? ` (${plain(one.reason)})` : ''}</span
                >
                <span class="item-more"
                  ><bdi>${model.queue(one.queue)?.name || one.queue}</bdi>, had waited
                  ${span(one.waited_ms)}</span
                >
                <span class="item-time"
                  >${one.answered_in_ms === null ? 'live' : span(one.answered_in_ms)}</span
                >
              </button>
            </li>`,
        )}
      </ul>`;
