// @ts-check
/**
 * The supervisors' board as one template: the bar, the strip, what needs attention, and the tab.
 *
 * MUST NOT smooth anything over: an unknown figure is a dash, old figures are grey and say so.
 */

import { TABS } from '../board_model.js';
import { brief, figure } from '../board_words.js';
import { html, nothing } from '../vendor.js';
import { needsSignIn, overText } from '../words.js';
import { bar, connection } from './bar.js';
import { alarms } from './board_alarms.js';
import { dayPage } from './board_day.js';
import { actDialog, toasts } from './board_dialog.js';
import { grid } from './board_grid.js';
import { incidentList } from './board_incidents.js';
import { changes, quarantine } from './board_lists.js';
import { frozen, repairs, signIn } from './board_people.js';
import { ageOfAll, strip } from './board_strip.js';
import { wall } from './board_wall.js';
import { keycap, lamp } from './lamps.js';

/**
 * @typedef {import('../board_model.js').BoardModel} BoardModel
 * @typedef {{phase: import('../phase.js').Phase, local: number, silenceMs: number}} Line
 * @typedef {{retry: () => void, restart: () => void,
 *            signOut: () => void, signIn: (key: string) => Promise<void>, toggleSound: () => void,
 *            sound: () => import('../sound.js').SoundState,
 *            drawer: ((model: BoardModel) => object) | null}} Controls `drawer` draws it, once it is
 * here
 */

/** @type {Record<string, string>} */
const NAMES = {
  queues: 'Queues',
  agents: 'Agents',
  incidents: 'Incidents',
  quarantine: 'Quarantine',
  day: 'The day',
  changes: 'Changes',
};

/** @type {Record<import('../sound.js').SoundState, string>} */
const SOUND = {
  on: 'Alarm on',
  elsewhere: 'Alarm in another tab',
  off: 'Alarm off',
  locked: 'Alarm: click to allow',
};

/** @param {BoardModel} model @param {Line} line @param {Controls} controls */
export function boardPage(model, line, controls) {
  if (model.wall) return html`${wall(model)}${said(model)}`;
  if (model.past) return html`${model.past.page()}${toasts(model, false)}${said(model)}`;
  const { board } = model.state;
  const { phase } = line;
  const live = connection(phase, model.age === 'stale', line.local, line.silenceMs, controls.retry);
  return html`${bar(
      'Board',
      board?.workspace ?? '',
      html`${live}${ageOfAll(model)}`,
      tools(model, controls),
    )}
    ${phase.stage === 'over' && !needsSignIn(phase.code) ? ended(phase, controls) : nothing}
    ${signIn(model, phase, controls)}${frozen(model)}
    ${board && model.age === 'stale' ? old(model, phase) : nothing}
    <main class="board ${board && model.age === 'stale' ? 'stale' : ''}" aria-busy=${!board}>
      ${board
        ? html`${strip(model)}${alarms(model)}${tabs(model)}`
        : html`<p class="card empty">${lamp('moving')} Waiting for the server…</p>`}
    </main>
    ${controls.drawer?.(model) ?? nothing}${actDialog(model)}${toasts(model, false)}${said(model)}`;
}

/** @param {BoardModel} model @param {Controls} controls */
const tools = (model, controls) =>
  html`<button
      class="bar-button"
      aria-haspopup="dialog"
      aria-keyshortcuts="L"
      @click=${() => model.open('log')}
    >
      Done here${model.deeds.length ? html` <b>${model.deeds.length}</b>` : nothing}
    </button>
    <button
      class="bar-button"
      aria-haspopup="dialog"
      aria-keyshortcuts="M"
      @click=${() => model.open('messages')}
    >
      Messages
    </button>
    <button
      class="bar-button"
      title="When something stands still, or the figures are not known any more"
      @click=${controls.toggleSound}
    >
      ${SOUND[controls.sound()]}
    </button>
    <button class="bar-button" aria-keyshortcuts="T" @click=${() => void model.goBack()}>
      Earlier
    </button>
    <button class="bar-button" aria-haspopup="dialog" @click=${() => model.open('links')}>
      Wallboard
    </button>
    <button
      class="bar-button"
      aria-haspopup="dialog"
      aria-keyshortcuts="?"
      @click=${() => model.open('keys')}
    >
      Keys ${keycap('?')}
    </button>
    <button class="bar-button" @click=${controls.signOut}>Sign out</button>`;

/** @param {import('../phase.js').Phase} phase @param {Controls} controls */
function ended({ code, reason }, controls) {
  return html`<div class="banner banner-stop" role="alert">
    ${lamp('stop')}
    <p>${overText(code, reason)} The figures below are no longer live.</p>
    <button class="button" @click=${controls.restart}>Connect here</button>
  </div>`;
}

/** @param {BoardModel} model @param {import('../phase.js').Phase} phase */
function old(model, phase) {
  const why =
    model.ready && !model.ready.ready
      ? `The server says: ${model.ready.reasons.join(' ')}`
      : phase.stage === 'connected'
        ? 'The server sends no figures.'
        : 'There is no connection to the server.';
  return html`<section class="banner banner-stop stale-banner" aria-label="Old figures">
    ${lamp('stop')}
    <p>
      <strong>These figures are ${brief(model.ageMs)} old.</strong> <bdi>${why}</bdi> What is grey
      was true then; it may not be now.
    </p>
  </section>`;
}

/** @param {BoardModel} model */
function tabs(model) {
  const totals = model.state.board?.totals ?? {};
  /** @type {Record<string, any>} */
  const counts = {
    queues: model.state.board?.queues.length,
    agents: model.state.board?.agents.length,
    incidents: totals.incidents_open || null,
    quarantine: totals.quarantined || null,
  };
  return html`<div class="tab-bar">
      <div
        class="tabs"
        role="tablist"
        aria-label="Board"
        @keydown=${(/** @type {KeyboardEvent} */ event) => walk(event, model)}
      >
        ${TABS.map(
          (id) =>
            html`<button
              role="tab"
              id="tab-${id}"
              class="tab ${['incidents', 'quarantine'].includes(id) && counts[id] ? 'tab-hot' : ''}"
              aria-selected=${model.tab === id}
              aria-controls="panel"
              tabindex=${model.tab === id ? 0 : -1}
              @click=${() => model.show(id)}
            >
              ${NAMES[id]}${counts[id]
                ? html` <span class="count">${figure(counts[id])}</span>`
                : nothing}
            </button>`,
        )}
      </div>
      ${byId(model)}
    </div>
    <section class="panel-of-tab" id="panel" role="tabpanel" aria-labelledby="tab-${model.tab}">
      ${panel(model)}
    </section>`;
}

/** Any conversation, waiting or long over, by its id. @param {BoardModel} model */
function byId(model) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const id = String(new FormData(form).get('id') ?? '').trim();
    if (id) model.open('conversation', id);
    form.reset();
  };
  return html`<form class="by-id" role="search" @submit=${submit}>
    <label
      ><span class="unseen">Conversation by its id</span>
      <input
        id="by-id"
        class="field"
        name="id"
        required
        maxlength="128"
        autocomplete="off"
        placeholder="Conversation id  ( O )"
    /></label>
    <button class="button small">Open</button>
  </form>`;
}

/** @param {BoardModel} model */
function panel(model) {
  switch (model.tab) {
    case 'queues':
    case 'agents':
      return html`<div class="block" data-grid=${model.tab}>${grid(model, model.tab)}</div>`;
    case 'incidents':
      return html`${repairs(model)}${incidentList(model)}`;
    case 'quarantine':
      return quarantine(model);
    case 'day':
      return dayPage(model);
    default:
      return changes(model);
  }
}

/** @param {KeyboardEvent} event @param {BoardModel} model */
function walk(event, model) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const at = TABS.indexOf(/** @type {any} */ (model.tab));
  const next = TABS[(at + step + TABS.length) % TABS.length];
  model.show(next);
  document.getElementById(`tab-${next}`)?.focus();
}

/** What a screen reader is told when the floor changes its state. @param {BoardModel} model */
const said = (model) => html`<p class="unseen" role="status" data-said>${model.news}</p>`;
