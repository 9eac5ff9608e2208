// @ts-check
/**
 * What concerns people and the watchdog: the banner of frozen repairs, messages, the own sign-in.
 *
 * MUST NOT say that repairs go on before the server does.
 */

import { meantText } from '../board_people.js';
import { brief, clockText, dayText } from '../board_words.js';
import { html, nothing } from '../vendor.js';
import { needsSignIn, overText, stopwatch } from '../words.js';
import { lamp } from './lamps.js';

/**
 * @typedef {import('../board_model.js').BoardModel} BoardModel
 * @typedef {import('./board_page.js').Controls} Controls
 */

const SIGN_IN_WARNING_MS = 600_000;

/** @param {BoardModel} model */
export function frozen(model) {
  const found = model.frozen;
  if (!found) return nothing;
  return html`<section class="banner banner-caution" aria-label="Repairs are frozen">
    ${lamp('caution')}
    <p>
      <strong>Repairs are frozen</strong> by <bdi>${found.by}</bdi> until
      ${clockText(found.until)} (${brief(found.left_ms)}): “<bdi>${found.reason}</bdi>”. What would
      have been repaired is only reported.
    </p>
    <button class="button" aria-haspopup="dialog" @click=${() => model.ask('thaw', found)}>
      Let repairs go on
    </button>
  </section>`;
}

/** Whether the watchdog repairs, and the way to stop it. @param {BoardModel} model */
export const repairs = (model) =>
  model.frozen
    ? nothing
    : html`<p class="row">
        ${lamp('clear')} The watchdog repairs what is safe to repair.
        <button
          class="button small"
          aria-haspopup="dialog"
          aria-keyshortcuts="F"
          @click=${() => model.askRepairs()}
        >
          Freeze repairs
        </button>
      </p>`;

/** @param {BoardModel} model */
export function messagesPlace(model) {
  const path = 'v1/broadcasts';
  /** @type {import('../board_store.js').Row[]} */
  const sent = model.got(path).data?.broadcasts ?? [];
  return {
    title: 'Messages to agents',
    path,
    body: html`<div class="row">
        <button class="button" aria-haspopup="dialog" @click=${() => model.askMessage({})}>
          Write to all agents
        </button>
      </div>
      <p class="note">To a queue's members or one agent: open that queue or agent.</p>
      ${sent.length === 0
        ? html`<p class="empty">Nothing was sent within the last day.</p>`
        : html`<ul class="list">
            ${sent.map((one) => message(model, one))}
          </ul>`}`,
  };
}

/** @param {BoardModel} model @param {import('../board_store.js').Row} one */
function message(model, one) {
  const stands = !one.withdrawn_at && one.expires_at > model.clock.now();
  return html`<li class="deed" data-message=${one.id}>
    ${lamp(stands ? 'clear' : 'off')}
    <span
      ><bdi>${one.text}</bdi><br /><time
        >${dayText(one.sent_at)}, <bdi>${one.by}</bdi> to <bdi>${meantText(one)}</bdi>${one.withdrawn_at
          ? html`, taken back by <bdi>${one.withdrawn_by}</bdi>`
          : stands
            ? ''
            : ', over'}</time
      ></span
    >
    ${stands
      ? html`<button
          class="button small"
          aria-haspopup="dialog"
          @click=${() => model.ask('withdraw', one)}
        >
          Take back<span class="unseen"> ${one.text}</span>
        </button>`
      : nothing}
  </li>`;
}

/**
 * The sign-in of this page ends, or has ended: it is renewed here.
 * @param {BoardModel} model
 * @param {import('../phase.js').Phase} phase
 * @param {Controls} controls
 */
export function signIn(model, { stage, code, reason }, controls) {
  const over = stage === 'over' && needsSignIn(code);
  const left = model.endsAt - model.clock.now();
  if (!over && (!model.endsAt || left > SIGN_IN_WARNING_MS || stage === 'over')) return nothing;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    void controls.signIn(String(new FormData(form).get('key') ?? '').trim());
    form.reset();
  };
  const text = over
    ? `${overText(code, reason)} The figures below are no longer live.`
    : `Your sign-in ends in ${stopwatch(Math.max(0, left))}.`;
  return html`<section
    class="banner ${over ? 'banner-stop' : 'banner-caution'}"
    aria-label="Your sign-in"
  >
    ${lamp(over ? 'stop' : 'caution')}
    <p>${text} Sign in again here: the page stays as it is.</p>
    <form class="row" @submit=${submit}>
      <label
        ><span class="unseen">Key</span
        ><input
          class="field"
          name="key"
          type="password"
          required
          autocomplete="current-password"
          placeholder="Key"
      /></label>
      <button class="button">Sign in again</button>
    </form>
    ${model.signInError
      ? html`<p class="refused" role="alert">${lamp('stop')} ${model.signInError}</p>`
      : nothing}
  </section>`;
}
