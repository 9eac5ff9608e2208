// @ts-check
/**
 * The whole agent page as one template of the model.
 *
 * MUST NOT hold state: same model, same page. The vertical line is the track that work runs
 * along: offered, in hand, wrap-up.
 */

import { html, nothing, repeat } from '../vendor.js';
import { needsSignIn, outcomeText, overText, stopwatch } from '../words.js';
import { bar, connection } from './bar.js';
import { conversationCard } from './conversation_card.js';
import { helpDialog, transferDialog } from './dialogs.js';
import { keycap, lamp } from './lamps.js';
import { offerCard } from './offer_card.js';
import { presencePanel } from './presence.js';

/**
 * @typedef {import('../agent_model.js').AgentModel} AgentModel
 * @typedef {{retry: () => void, restart: () => void, toSignIn: () => void, signOut: () => void,
 * help: () => void,
 *            toggleSound: () => void, askNotify: () => void, silenceMs: () => number}} Controls
 */

/** @param {AgentModel} model @param {Controls} controls */
export function agentPage(model, controls) {
  const { agent } = model.state.value;
  const phase = model.phase.value;
  const live = connection(
    phase,
    model.stale.value,
    model.clock.local(),
    controls.silenceMs(),
    controls.retry,
  );
  return html`${bar('Agent', agent?.name || agent?.id || '', live, tools(model, controls))}
    ${phase.stage === 'over' ? ended(phase, controls) : nothing}
    ${model.endsAt.value ? signInEnds(model, controls) : nothing}
    <main class="desk ${model.stale.value && agent ? 'stale' : ''}" aria-busy=${!agent}>
      ${
        agent
          ? html`${track(model)}
              <aside class="side" aria-label="You">
                ${presencePanel(model, agent)}${recent(model)}
              </aside>`
          : waiting(phase)
      }
    </main>
    ${toasts(model)}${helpDialog()}${transferDialog(model)}`;
}

/** @param {AgentModel} model @param {Controls} controls */
function tools(model, controls) {
  const sound = { on: 'Sound on', off: 'Sound off', locked: 'Sound: click to allow' }[
    model.sound.value
  ];
  return html`<button
      class="bar-button sound-${model.sound.value}"
      aria-keyshortcuts="S"
      @click=${controls.toggleSound}
    >
      ${sound}
    </button>
    ${
      model.permission.value === 'default'
        ? html`<button class="bar-button" @click=${controls.askNotify}>Notify me</button>`
        : nothing
    }
    <button class="bar-button" aria-keyshortcuts="?" aria-haspopup="dialog" @click=${controls.help}>
      Keys ${keycap('?')}
    </button>
    <button class="bar-button" @click=${controls.signOut}>Sign out</button>`;
}

/** @param {import('../phase.js').Phase} phase @param {Controls} controls */
const ended = ({ code, reason }, controls) =>
  html`<div class="banner banner-stop" role="alert">
    ${lamp('stop')}
    <p>${overText(code, reason)} What stands below is no longer live.</p>
    ${
      needsSignIn(code)
        ? html`<button class="button" @click=${controls.toSignIn}>Sign in</button>`
        : html`<button class="button" @click=${controls.restart}>Connect here</button>`
    }
  </div>`;

/** @param {AgentModel} model @param {Controls} controls */
const signInEnds = (model, controls) =>
  html`<div class="banner banner-caution" role="alert">
    ${lamp('caution')}
    <p>Your sign-in ends in ${stopwatch(model.endsAt.value - model.now.value)}.</p>
    <button class="button" @click=${controls.toSignIn}>Sign in again</button>
  </div>`;

/** @param {import('../phase.js').Phase} phase */
const waiting = (phase) =>
  html`<section class="card empty">
    ${lamp('moving')}
    <p>${phase.stage === 'over' ? 'Nothing to show.' : 'Waiting for the server…'}</p>
  </section>`;

/** @param {AgentModel} model */
function track(model) {
  const { offers, conversations } = model.state.value;
  const held = conversations.filter(({ state }) => state !== 'wrapping');
  const wrapping = conversations
    .filter(({ state }) => state === 'wrapping')
    .sort((a, b) => a.wrap_until - b.wrap_until);
  const next = wrapping[0]?.id;
  return html`<div class="track ${offers.length > 0 ? 'approach' : ''}">
    ${station(
      'offered',
      'Offered',
      offers.length,
      offers.length > 0
        ? repeat(
            offers,
            ({ id }) => id,
            (offer) => offerCard(model, offer),
          )
        : noOffers(model),
    )}
    ${station(
      'in-hand',
      'In hand',
      held.length,
      held.length > 0
        ? repeat(
            held,
            ({ id }) => id,
            (conversation) => conversationCard(model, conversation, false),
          )
        : html`<p class="none">No conversation in hand.</p>`,
    )}
    ${
      wrapping.length > 0
        ? station(
            'wrap-up',
            'Wrap-up',
            wrapping.length,
            repeat(
              wrapping,
              ({ id }) => id,
              (conversation) => conversationCard(model, conversation, conversation.id === next),
            ),
          )
        : nothing
    }
  </div>`;
}

/** @param {string} id @param {string} title @param {number} count @param {any} content */
const station = (id, title, count, content) =>
  html`<section class="stop" aria-labelledby=${`${id}-title`}>
    <h2 class="station" id=${`${id}-title`} tabindex="-1">
      ${title}${count > 0 ? html` <span class="count">${count}</span>` : nothing}
    </h2>
    <div class="stack">${content}</div>
  </section>`;

/** @param {AgentModel} model */
function noOffers(model) {
  const isOpen = model.state.value.agent?.routable && !model.stale.value;
  const blocked = model.stale.value
    ? 'Not live: offers cannot appear now.'
    : 'No offers can come now. See why under Presence.';
  return html`<div class="card empty">
    ${lamp(isOpen ? 'clear' : 'off')}
    <p>${isOpen ? 'The line is clear. The next offer appears here.' : blocked}</p>
  </div>`;
}

/** @param {AgentModel} model */
function recent(model) {
  const ended = model.state.value.recent;
  if (ended.length === 0) return nothing;
  return html`<section class="panel" aria-labelledby="recent-title">
    <h2 class="station" id="recent-title">Lately</h2>
    <ol class="recent">
      ${ended.map(
        (one) =>
          html`<li class=${outcomeText(one).tone}>
            <bdi>${outcomeText(one).text}</bdi>
            <time datetime=${new Date(one.at).toISOString()}
              >${new Date(one.at).toLocaleTimeString()}</time
            >
          </li>`,
      )}
    </ol>
  </section>`;
}

/** @param {AgentModel} model */
function toasts(model) {
  if (model.toasts.value.length === 0) return nothing;
  return html`<section class="toasts" aria-label="News">
    ${repeat(
      model.toasts.value,
      ({ id }) => id,
      (toast) => toastCard(model, toast),
    )}
  </section>`;
}

/** @type {Record<string, 'clear' | 'caution' | 'off'>} */
const TONES = { good: 'clear', warn: 'caution', calm: 'off' };

/** @param {AgentModel} model @param {import('../agent_model.js').Toast} toast */
const toastCard = (model, { id, tone, text }) =>
  html`<div class="toast toast-${tone}">
    ${lamp(TONES[tone])}
    <p><bdi>${text}</bdi></p>
    <button class="toast-close" aria-label="Dismiss" @click=${() => model.dismiss(id)}>×</button>
  </div>`;
