// @ts-check
/**
 * The dialogs of the agent page, one at a time: keys, alerts, the day, a transfer, sign-in.
 *
 * MUST NOT trap anybody: one native dialog, closed by Escape; the focus goes back where it was.
 */

import { Day } from '../agent_day.js';
import { SHORTCUTS, areOn, turn } from '../keys.js';
import { html, nothing } from '../lit.js';
import { effect, signal } from '../signal.js';
import { TUNE_NAMES } from '../sound.js';
import { askForNames, canChoose, look, speakers } from '../speakers.js';
import { whoIs } from '../words.js';
import { dayContent } from './day.js';
import { lamp } from './lamps.js';

/** @typedef {import('../agent_model.js').AgentModel} AgentModel */
/** @typedef {import('./agent_page.js').Controls} Controls */
/** @typedef {[title: any, content: any]} Content */

/** @type {Record<string, (model: AgentModel, controls: Controls, day: Day) => Content>} */
const CONTENTS = { help, alerts, day: myDay, transfer, 'sign-in': signIn };

/**
 * Made when the first dialog is opened: until then the page does without this module.
 * @param {AgentModel} model
 * @param {Controls} controls
 * @returns {() => object} draws the dialog that `model.dialog` names
 */
export function dialogs(model, controls) {
  const day = new Day(controls.agent);
  effect(() => {
    if (model.dialog.value === 'day') void day.load();
    if (model.dialog.value === 'alerts') void look();
  });
  return () => {
    const name = model.dialog.value;
    const [title, content] = CONTENTS[name]?.(model, controls, day) ?? ['', nothing];
    return html`<dialog
      id="dialog"
      class="dialog dialog-${name}"
      aria-labelledby="dialog-title"
      @close=${(/** @type {any} */ { target }) => {
        // The event comes late: by then the next one may be open.
        if (!target.open) model.dialog.value = '';
      }}
    >
      <div class="dialog-head">
        <h2 id="dialog-title">${title}</h2>
        <button class="button" @click=${close}>Close</button>
      </div>
      ${content}
    </dialog>`;
  };
}

/** @param {Event} event of something inside the dialog */
const close = ({ target }) => /** @type {Element} */ (target).closest('dialog')?.close();

/** @returns {Content} */
function help() {
  return [
    'Keys',
    html`<dl class="keys">
        ${SHORTCUTS.map(
          ([key, , what]) =>
            html`<div>
              <dt><kbd>${key}</kbd></dt>
              <dd>${what}</dd>
            </div>`,
        )}
      </dl>
      <label class="choice"
        ><input
          type="checkbox"
          .checked=${areOn()}
          @change=${(/** @type {any} */ { target }) => turn(target.checked)}
        />
        Letters act (turn off if you speak to this machine)</label
      >
      <p class="hint">They rest while you type. Tab and Enter work everywhere.</p>`,
  ];
}

/** @param {AgentModel} model @param {Controls} controls @returns {Content} */
function alerts(model, { ringer, toggleSound, askNotify, testNotify }) {
  const sound = model.sound.value;
  const permission = model.permission.value;
  return [
    'Alerts',
    html`<h3>Sound</h3>
      <p class="reach">
        ${lamp(sound === 'off' ? 'off' : sound === 'locked' ? 'caution' : 'clear')}<span
          >${SOUNDS[sound]}</span
        >
      </p>
      <fieldset class="row">
        <legend class="unseen">Ring</legend>
        ${TUNE_NAMES.map(
          (tune) =>
            html`<label class="choice"
              ><input
                type="radio"
                name="tune"
                .checked=${ringer.taste.tune === tune}
                @change=${() => void ringer.choose({ tune })}
              />
              ${tune}</label
            >`,
        )}
      </fieldset>
      <label class="label"
        >Volume
        <input
          type="range"
          min="0.1"
          max="1"
          step="0.1"
          .value=${String(ringer.taste.volume)}
          @change=${(/** @type {any} */ { target }) => void ringer.choose({ volume: Number(target.value) })}
      /></label>
      ${canChoose() ? device(ringer) : nothing}
      <div class="row">
        <button class="button main" data-sound @click=${() => void ringer.test()}>
          Test sound
        </button>
        <button class="button" data-sound @click=${toggleSound}>
          ${sound === 'off' || sound === 'locked' ? 'Turn on' : 'Turn off'}
        </button>
      </div>
      <h3>Notifications</h3>
      <p class="reach">
        ${lamp(permission === 'granted' ? 'clear' : 'caution')}<span
          >${PERMISSIONS[permission]}</span
        >
      </p>
      <div class="row">
        ${permission === 'default' ? html`<button class="button" @click=${askNotify}>Allow notifications</button>` : nothing}
        <button class="button" ?disabled=${permission !== 'granted'} @click=${testNotify}>
          Test notification
        </button>
      </div>`,
  ];
}

/** Where it rings. @param {import('../sound.js').Ringer} ringer */
function device(ringer) {
  const { speaker } = ringer.taste;
  const known = speakers.value;
  const isHidden = known.length === 0;
  const list = speaker && !known.some(({ id }) => id === speaker.id) ? [speaker, ...known] : known;
  /** @param {any} event */
  const choose = ({ target }) => {
    const chosen = list.find(({ id }) => id === target.value) ?? null;
    void ringer.choose({ speaker: chosen });
  };
  return html`<label class="label"
      >Device
      <select class="field" data-sound @change=${choose}>
        <option value="" .selected=${!speaker}>The standard device</option>
        ${list.map(
          ({ id, label }) =>
            html`<option value=${id} .selected=${id === speaker?.id}>${label || id}</option>`,
        )}
      </select></label
    >
    <p class="hint" role="status">
      ${ringer.trouble.value || asked.value || (isHidden ? NAMELESS : '')}
    </p>
    ${
      isHidden
        ? html`<button
            class="button quiet"
            @click=${async () => (asked.value = await askForNames())}
          >
            Find other devices
          </button>`
        : nothing
    }`;
}

const NAMELESS = 'To name others, browsers ask for the microphone; it is let go at once.';

/** What came of asking for the devices. */
const asked = signal('');

/** @type {Record<import('../sound.js').SoundState, string>} */
const SOUNDS = {
  on: 'This tab rings until you answer.',
  elsewhere: 'Another tab of yours rings. It rings here when that one closes.',
  off: 'Off: no offer rings.',
  locked: 'The browser waits for a click before it lets this page sound.',
};

/** @type {Record<string, string>} */
const PERMISSIONS = {
  granted: 'Allowed: shown while this page is in the background.',
  default: 'Not asked yet: in the background you would only hear offers.',
  denied: 'Blocked for this site. Allow them beside the address, then reload.',
};

/** @param {AgentModel} model @param {Controls} _ @param {Day} day @returns {Content} */
function myDay(model, _, day) {
  return ['My day', dayContent(day, model)];
}

/** @param {AgentModel} model @returns {Content} */
function transfer(model) {
  const id = model.transferring.value;
  const conversation = model.state.value.conversations.find((one) => one.id === id);
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const said = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const target = String(said.get('target') ?? '').trim();
    void model.transfer(id, said.get('kind') === 'agent' ? { agent: target } : { queue: target });
    close(event);
  };
  return [
    html`Transfer <bdi>${conversation ? whoIs(conversation) : ''}</bdi>`,
    html`<form @submit=${submit}>
      <fieldset class="row">
        <legend>To</legend>
        <label class="choice"
          ><input type="radio" name="kind" value="queue" checked /> a queue</label
        >
        <label class="choice"><input type="radio" name="kind" value="agent" /> an agent</label>
      </fieldset>
      <label class="label"
        >Its id
        <input
          class="field"
          name="target"
          list="queues"
          required
          maxlength="128"
          pattern="[A-Za-z0-9._:\\-]+"
          autocomplete="off"
      /></label>
      <datalist id="queues">
        ${Object.entries(model.state.value.agent?.queues ?? {}).map(
          ([queue, name]) => html`<option value=${queue}>${name}</option>`,
        )}
      </datalist>
      <button class="button main">Transfer</button>
    </form>`,
  ];
}

/** @param {AgentModel} model @param {Controls} controls @returns {Content} */
function signIn(model, controls) {
  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const trouble = await controls.signIn(String(new FormData(form).get('key') ?? '').trim());
    /** @type {Element} */ (form.querySelector('.trouble')).textContent = trouble;
    form.reset();
    if (!trouble) close(event);
  };
  return [
    'Sign in again',
    html`<form @submit=${submit}>
      <p>You stay <bdi>${model.state.value.agent?.id ?? ''}</bdi>; nothing on this page is lost.</p>
      <label class="label"
        >API key
        <input
          class="field"
          name="key"
          type="password"
          autocomplete="current-password"
          required
          maxlength="512"
      /></label>
      <p class="trouble" role="alert"></p>
      <button class="button main">Sign in</button>
    </form>`,
  ];
}
