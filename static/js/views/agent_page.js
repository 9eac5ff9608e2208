// @ts-check
/**
 * The whole agent page as one template of the model.
 *
 * MUST NOT hold state: same model, same page. The vertical line is the track that work runs
 * along: offered, in hand, wrap-up.
 */

import { html, keyed, nothing } from '../lit.js';
import { outcomeText } from '../words.js';
import { banners } from './banners.js';
import { bar, connection } from './bar.js';
import { conversationCard } from './conversation_card.js';
import { keycap, lamp } from './lamps.js';
import { offerCard } from './offer_card.js';
import { presencePanel } from './presence.js';

/**
 * @typedef {import('../agent_model.js').AgentModel} AgentModel
 * @typedef {{retry: () => void, restart: () => void, takeOver: () => void, watch: (on: boolean) => void,
 *            signOut: () => void, signIn: (key: string) => Promise<string>, toggleSound: () => void,
 *            askNotify: () => void, testNotify: () => void, silenceMs: () => number, graceMs: () => number,
 *            agent: string, ringer: import('../sound.js').Ringer,
 *            notices: import('../agent_notice.js').Notices,
 *            dialog: import('../signal.js').Signal<(() => object) | null>}} Controls `dialog` draws
 * it, once it is here
 */

/** @type {Record<import('../sound.js').SoundState, [string, 'clear' | 'off' | 'caution']>} */
const SOUND = {
  on: ['Sound on', 'clear'],
  elsewhere: ['Rings in another tab', 'clear'],
  off: ['Sound off', 'off'],
  locked: ['Sound: click to allow', 'caution'],
};

/** @param {AgentModel} model @param {Controls} controls */
export function agentPage(model, controls) {
  const { agent } = model.state.value;
  const { phase, stale, clock } = model;
  const live = connection(
    phase.value,
    stale.value,
    clock.local(),
    controls.silenceMs(),
    controls.retry,
  );
  return html`${bar('Agent', agent?.name || agent?.id || '', live, tools(model, controls))}
    ${banners(model, controls)}
    <main class="desk ${stale.value && agent ? 'stale' : ''}" aria-busy=${!agent}>
      ${
        agent
          ? html`${track(model)}
              <aside class="side" aria-label="You">
                ${presencePanel(model, agent)}${recent(model)}
              </aside>`
          : html`<section class="card empty">
              ${lamp('moving')}
              <p>
                ${phase.value.stage === 'over' ? 'Nothing to show.' : 'Waiting for the server…'}
              </p>
            </section>`
      }
    </main>
    ${toasts(model)}${controls.dialog.value?.() ?? nothing}`;
}

/** @param {AgentModel} model @param {Controls} controls */
function tools(model, controls) {
  const [text, aspect] = SOUND[model.sound.value];
  const isBlind = model.permission.value !== 'granted';
  /** @param {import('../agent_model.js').DialogName} name @param {string} key @param {any} content */
  const open = (name, key, content) =>
    html`<button
      class="bar-button"
      aria-keyshortcuts=${key}
      aria-haspopup="dialog"
      @click=${() => model.open(name)}
    >
      ${content}
    </button>`;
  return html`${open(
      'alerts',
      'G',
      html`${lamp(aspect)} ${text}${isBlind ? html` · no notifications` : nothing}`,
    )}
    ${open('day', 'M', html`My day ${keycap('M')}`)} ${open('help', '?', html`Keys ${keycap('?')}`)}
    <button class="bar-button" @click=${controls.signOut}>Sign out</button>`;
}

/** @param {AgentModel} model */
function track(model) {
  const { offers, conversations } = model.state.value;
  const held = conversations.filter(({ state }) => state !== 'wrapping');
  const wrapping = conversations
    .filter(({ state }) => state === 'wrapping')
    .sort((a, b) => a.wrap_until - b.wrap_until);
  /** @param {string} name @param {any[]} list the keys mean the first */
  const cards = (name, list) =>
    keyed(name, list, (one) => conversationCard(model, one, one === list[0]));
  return html`<div class="track ${offers.length > 0 ? 'approach' : ''}">
    ${station(
      'Offered',
      offers.length,
      offers.length > 0
        ? keyed('offers', offers, (offer) => offerCard(model, offer))
        : noOffers(model),
    )}
    ${station(
      'In hand',
      held.length,
      held.length > 0 ? cards('held', held) : html`<p class="none">No conversation in hand.</p>`,
    )}
    ${wrapping.length > 0 ? station('Wrap-up', wrapping.length, cards('wrapping', wrapping)) : nothing}
  </div>`;
}

/** @param {string} title @param {number} count @param {any} content */
function station(title, count, content) {
  const id = `${title.slice(0, 4).trim().toLowerCase()}-title`;
  return html`<section class="stop" aria-labelledby=${id}>
    <h2 class="station" id=${id} tabindex="-1">
      ${title}${count > 0 ? html` <span class="count">${count}</span>` : nothing}
    </h2>
    ${content}
  </section>`;
}

/** @param {AgentModel} model */
function noOffers(model) {
  const { agent } = model.state.value;
  const isOpen = agent?.routable && !model.stale.value;
  const blocked = model.stale.value
    ? 'Not live: offers cannot appear now.'
    : 'No offers can come now. See why under Presence.';
  return html`<div class="card empty">
    ${lamp(isOpen ? 'clear' : 'off')}
    <p>${isOpen ? 'The line is clear. The next offer appears here.' : blocked}</p>
    ${agent?.pull ? picks(model, agent) : nothing}
  </div>`;
}

/** @param {AgentModel} model @param {import('../store.js').Agent} agent */
const picks = (model, agent) =>
  html`<div class="chips" role="group" aria-label="Pick the next conversation">
    ${Object.entries(agent.queues ?? {}).map(
      ([id, name], at) =>
        html`<button
          class="chip"
          aria-keyshortcuts=${at === 0 ? 'N' : nothing}
          ?disabled=${!!model.doing.value.pick || model.stale.value}
          @click=${() => model.pick(id)}
        >
          Pick from <bdi>${name}</bdi> ${at === 0 ? keycap('N') : nothing}
        </button>`,
    )}
  </div>`;

/** @param {AgentModel} model */
function recent(model) {
  const ended = model.state.value.recent;
  if (ended.length === 0) return nothing;
  return html`<section class="panel" aria-labelledby="recent-title">
    <h2 class="station" id="recent-title">Lately</h2>
    <ol class="recent">
      ${ended.slice(0, 6).map(
        (one) =>
          html`<li class=${outcomeText(one).tone}>
            <bdi>${outcomeText(one).text}</bdi>
            <time datetime=${new Date(one.at).toISOString()}
              >${new Date(one.at).toLocaleTimeString([], { timeStyle: 'short' })}</time
            >
          </li>`,
      )}
    </ol>
    <button class="button quiet" @click=${() => model.open('day')}>
      My day, and why
    </button>
  </section>`;
}

/** @param {AgentModel} model */
function toasts(model) {
  if (model.toasts.value.length === 0) return nothing;
  return html`<section class="toasts" aria-label="News">
    ${keyed(
      'toasts',
      model.toasts.value,
      ({ id, tone, text }) =>
        html`<div class="toast">
          ${lamp(TONES[tone])}
          <p><bdi>${text}</bdi></p>
          <button class="toast-close" aria-label="Dismiss" @click=${() => model.dismiss(id)}>
            ×
          </button>
        </div>`,
    )}
  </section>`;
}

/** @type {Record<import('../agent_news.js').Tone, 'clear' | 'caution' | 'off'>} */
const TONES = { good: 'clear', warn: 'caution', calm: 'off' };
