// @ts-check
/**
 * The question before every action: what is true now, what will be, why, and whether it can be
 * taken back.
 *
 * MUST NOT act without a reason, and MUST NOT close before the server answered.
 */

import { ACTIONS, chosen, lineOf } from '../board_actions.js';
import { counted } from '../board_words.js';
import { html, nothing } from '../vendor.js';
import { lamp } from './lamps.js';

/**
 * @typedef {import('../board_model.js').BoardModel} BoardModel
 * @typedef {import('../board_model.js').Act} Act
 */

const SHOWN = 8;
const SUGGESTED = ['Stuck', 'Wrong queue', 'Customer asked', 'Staffing', 'Incident'];

/** @param {BoardModel} model */
export function actDialog(model) {
  const act = model.act;
  return html`<dialog
    id="act"
    class="dialog act"
    aria-labelledby="act-title"
    @close=${(/** @type {any} */ { target }) => {
      // The event comes late: by then the next question may be asked.
      if (!target.open && model.act === act) model.cancel();
    }}
    @cancel=${(/** @type {Event} */ event) => {
      if (model.act?.busy) event.preventDefault();
      model.cancel();
    }}
  >
    ${act ? question(model, act) : html`<h2 id="act-title" class="unseen">Nothing</h2>`}
  </dialog>`;
}

/** @param {BoardModel} model @param {Act} act */
function question(model, act) {
  const action = ACTIONS[act.name];
  const rows = act.many ? chosen(act.many.rows, act.said, model.clock.now()) : null;
  const back = rows ? true : canBeUndone(act);
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void model.confirm();
  };
  const verb = rows ? `Move ${counted(rows.length, 'conversation')}` : action.verb;
  return html`<form @submit=${submit}>
    <h2 id="act-title">
      ${rows ? html`Move many from <bdi>${act.subject.name}</bdi>` : action.title}
    </h2>
    ${rows ? manyFields(model, act) : nothing}
    ${(rows ? ACTIONS.move.fields?.(act.subject) : action.fields?.(act.subject))?.map((one) =>
      field(model, act, one),
    ) ?? nothing}
    ${rows ? manyPreview(model, rows) : preview(action.preview(act.subject, act.said))}
    <p class="undo-note ${back ? '' : 'bad'}">
      ${lamp(back ? 'clear' : 'stop')}
      ${back ? 'Can be taken back afterwards, as an action of its own.' : 'Cannot be taken back.'}
    </p>
    ${action.saysItself ? nothing : reasonField(model, act)}
    ${act.error ? html`<p class="refused" role="alert">${lamp('stop')} ${act.error}</p>` : nothing}
    <div class="row buttons">
      <button
        class="button main ${action.grave ? 'grave' : ''}"
        ?disabled=${act.busy || rows?.length === 0}
      >
        ${act.busy
          ? html`${lamp('moving')} ${act.many ? `${act.many.done} done…` : 'Asking the server…'}`
          : verb}
      </button>
      <button class="button" type="button" ?disabled=${act.busy} @click=${() => model.cancel()}>
        ${act.error ? 'Leave' : 'Cancel'}
      </button>
    </div>
  </form>`;
}

/** @param {BoardModel} model @param {Act} act */
const reasonField = (model, act) =>
  html`<label class="label"
      >Reason, for the audit
      <input
        class="field"
        name="reason"
        required
        maxlength="200"
        autocomplete="off"
        list="reasons"
        .value=${act.said.reason}
        @input=${(/** @type {any} */ event) => model.say('reason', event.target.value)}
      />
    </label>
    <datalist id="reasons">
      ${SUGGESTED.map((text) => html`<option value=${text}></option>`)}
    </datalist>`;

/** @param {Act} act */
function canBeUndone({ name, subject, said }) {
  return ACTIONS[name].undo(subject, said, { version: 1 }) !== null;
}

/** @param {string[]} lines */
const preview = (lines) =>
  html`<ul class="preview" aria-label="What happens">
    ${lines.map((line) => html`<li><bdi>${line}</bdi></li>`)}
  </ul>`;

/** @param {BoardModel} model @param {Act} act @param {import('../board_actions.js').Field} one */
function field(model, act, one) {
  const value = act.said[one.name];
  const say = (/** @type {any} */ event) =>
    model.say(
      one.name,
      event.target.type === 'checkbox' ? event.target.checked : event.target.value,
    );
  switch (one.kind) {
    case 'check':
      return html`<label class="choice"
        ><input type="checkbox" .checked=${!!value} @change=${say} /> ${one.label}</label
      >`;
    case 'number':
      return html`<label class="label"
        >${one.label}<input
          class="field"
          type="number"
          required
          step="1"
          .value=${String(value)}
          @input=${say}
      /></label>`;
    case 'text':
      return html`<label class="label"
        >${one.label} (${value.length} of ${one.most})<textarea
          class="field"
          required
          rows="3"
          maxlength=${one.most}
          .value=${value}
          @input=${say}
        ></textarea>
      </label>`;
    case 'line':
      return html`<label class="label"
        >${one.label}<input
          class="field"
          required
          maxlength=${one.most}
          autocomplete="off"
          .value=${value}
          @input=${say}
      /></label>`;
    case 'choice':
      return html`<label class="label"
        >${one.label}
        <select class="field" .value=${value} @change=${say}>
          ${one.choices?.map(
            ([key, text]) => html`<option value=${key} ?selected=${key === value}>${text}</option>`,
          )}
        </select></label
      >`;
    default:
      return picker(model, one, value, say);
  }
}

const LISTED = 500;

/** A queue or an agent by its id, with the known ones to choose from. @param {BoardModel} model @param {any} one @param {string} value @param {(event: any) => void} say */
function picker(model, one, value, say) {
  const rows = (one.kind === 'queue' ? model.state.board?.queues : model.state.board?.agents) ?? [];
  const ordered =
    one.kind === 'agent'
      ? [...rows].sort((a, b) => Number(!a.routable) - Number(!b.routable))
      : rows;
  const note = (/** @type {any} */ row) =>
    one.kind === 'queue'
      ? `${row.name}: ${row.waiting} waiting, ${row.capacity_free} free`
      : `${row.name}: ${row.routable ? 'can get offers' : (row.why_not ?? []).join(', ')}`;
  return html`<label class="label"
      >${one.label}
      <input
        class="field"
        required
        list="known-${one.kind}"
        maxlength="128"
        pattern="[A-Za-z0-9._:\\-]+"
        title="An id"
        autocomplete="off"
        .value=${value ?? ''}
        @input=${say}
      />
    </label>
    <datalist id="known-${one.kind}">
      ${ordered.slice(0, LISTED).map((row) => html`<option value=${row.id}>${note(row)}</option>`)}
    </datalist>`;
}

/** @param {BoardModel} model @param {Act} act */
function manyFields(model, act) {
  const channels = [...new Set(act.many?.rows.map(({ channel }) => channel))];
  const say = (/** @type {string} */ name) => (/** @type {any} */ event) =>
    model.say(name, event.target.value);
  return html`<fieldset class="many">
    <legend>Which</legend>
    <label class="label"
      >State
      <select class="field" @change=${say('state')}>
        ${[
          ['waiting', 'waiting'],
          ['offered', 'on offer'],
          ['', 'any'],
        ].map(
          ([key, text]) =>
            html`<option value=${key} ?selected=${key === act.said.state}>${text}</option>`,
        )}
      </select></label
    >
    <label class="label"
      >Channel
      <select class="field" @change=${say('channel')}>
        <option value="">any</option>
        ${channels.map((one) => html`<option value=${one}>${one}</option>`)}
      </select></label
    >
    <label class="label"
      >Waits for minutes, at least<input
        class="field"
        type="number"
        min="0"
        step="1"
        .value=${String(act.said.minutes ?? 0)}
        @input=${say('minutes')}
    /></label>
    <label class="label"
      >Name or subject has<input class="field" .value=${act.said.text ?? ''} @input=${say('text')}
    /></label>
  </fieldset>`;
}

/** @param {BoardModel} model @param {import('../board_store.js').Row[]} rows */
const manyPreview = (model, rows) =>
  html`<ul class="preview" aria-label="What happens" data-many=${rows.length}>
    <li>
      ${counted(rows.length, 'conversation')} would be moved, one after the other. Any that ends
      meanwhile is left alone.
    </li>
    ${rows
      .slice(0, SHOWN)
      .map((one) => html`<li><bdi>${lineOf(one, model.clock.now())}</bdi></li>`)}
    ${rows.length > SHOWN ? html`<li>and ${rows.length - SHOWN} more</li>` : nothing}
  </ul>`;

/**
 * What was just done, with its way back; inside the drawer while that covers the page.
 * @param {BoardModel} model
 * @param {boolean} inDrawer
 */
export function toasts(model, inDrawer) {
  const here = inDrawer === (model.place !== null);
  const deed = here ? model.deeds.find(({ id }) => id === model.toast) : undefined;
  return html`<div class="toasts" role="status" aria-live="polite">
    ${deed
      ? html`<div class="toast ${deed.bad ? 'toast-bad' : ''}">
          ${lamp(deed.bad ? 'stop' : 'clear')} <bdi>${deed.text}</bdi>
          ${deed.undo
            ? html`<button class="button small" @click=${() => void model.undo(deed)}>Undo</button>`
            : nothing}
          <button class="button small quiet" @click=${() => model.hush()}>Dismiss</button>
        </div>`
      : nothing}
  </div>`;
}
