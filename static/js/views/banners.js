// @ts-check
/**
 * What stands between the person and their work: no connection, a sign-in that ends, another
 * device.
 *
 * MUST NOT be a live region: its clocks tick. What must be heard is spoken once, elsewhere.
 */

import { fractionLeft } from '../clock.js';
import { html, nothing } from '../lit.js';
import { duration, needsSignIn, overText, stopwatch } from '../words.js';
import { fuse, lamp } from './lamps.js';

const SIGN_IN_WARNING_MS = 600_000;

/** @typedef {import('../agent_model.js').AgentModel} AgentModel */
/** @typedef {import('./agent_page.js').Controls} Controls */

/** @param {AgentModel} model @param {Controls} controls */
export const banners = (model, controls) =>
  html`<section class="banners" aria-label="Notices">
    ${line(model, controls)}${signInEnds(model)}${otherDevice(model, controls)}
    ${model.notes.value?.waiting() ?? nothing} ${controls.notices.draw(model.now.value)}
  </section>`;

/** @param {string} text @param {() => void} press */
const button = (text, press) => html`<button class="button" @click=${press}>${text}</button>`;

/** @param {'stop' | 'caution' | 'note'} kind @param {any} text @param {any} buttons */
const banner = (kind, text, buttons) =>
  html`<div class="banner banner-${kind}">
    ${lamp(kind === 'note' ? 'off' : kind)}
    <p>${text}</p>
    ${buttons}
  </div>`;

/** @param {AgentModel} model @param {Controls} controls */
function line(model, controls) {
  const { stage, code, reason, heldUntil } = model.phase.value;
  const left = heldUntil - model.clock.local();
  if (stage === 'over')
    return banner(
      'stop',
      `${overText(code, reason)} What stands below is no longer live.`,
      needsSignIn(code)
        ? button('Sign in', () => model.open('sign-in'))
        : html`${button('Work here only', controls.takeOver)}
          ${button('Connect here too', controls.restart)}`,
    );
  if (stage === 'reconnecting')
    return banner(
      'caution',
      html`<strong>The connection is lost.</strong> Your offers and conversations are held for you
        <strong class="held">${duration(left + 999)}</strong>
        ${fuse(fractionLeft(left, controls.graceMs()))}`,
      nothing,
    );
  if (stage === 'lost')
    return banner(
      'stop',
      html`<strong>The hold has run out.</strong> Open offers went back to their queues; what you
        accepted stays yours. This page goes on trying.`,
      nothing,
    );
  return nothing;
}

/** @param {AgentModel} model */
function signInEnds(model) {
  const left = model.endsAt.value - model.now.value;
  if (!model.endsAt.value || left > SIGN_IN_WARNING_MS || model.phase.value.stage === 'over')
    return nothing;
  return banner(
    'caution',
    left > 0
      ? html`Your sign-in ends in <strong>${stopwatch(left)}</strong>. Sign in again here: nothing
          on this page is lost.`
      : 'Your sign-in has ended. Until you sign in again, a lost connection cannot come back.',
    button('Sign in again', () => model.open('sign-in')),
  );
}

/** @param {AgentModel} model @param {Controls} controls */
function otherDevice(model, controls) {
  const { watching, sockets, elsewhere, bothAreFine } = model;
  if (watching.value)
    return banner(
      sockets.value > 0 ? 'note' : 'caution',
      sockets.value > 0
        ? 'This page only watches: it does not ring and cannot answer.'
        : 'This page only watches, and you work nowhere else: no offer can reach you.',
      button('Work here', () => controls.watch(false)),
    );
  if (elsewhere.value === 0 || bothAreFine.value || model.stale.value) return nothing;
  return banner(
    'note',
    'You are signed in on another device too. Offers ring on both; one answer counts.',
    html`${button('Work here only', controls.takeOver)}
    ${button('Only watch here', () => controls.watch(true))}
    ${button('Use both', () => (bothAreFine.value = true))}`,
  );
}
