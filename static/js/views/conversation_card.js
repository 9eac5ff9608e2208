// @ts-check
/**
 * One conversation that the agent holds: in hand, or in wrap-up with its clock.
 *
 * MUST NOT end a conversation by itself: when a wrap-up runs out, the server says so.
 */

import { fractionLeft } from '../clock.js';
import { html, nothing } from '../lit.js';
import { OUTCOMES, duration, plain, queueOf, stopwatch, whoIs } from '../words.js';
import { chips, fuse, keycap, plates } from './lamps.js';

/** @typedef {import('../agent_model.js').AgentModel} AgentModel */
/** @typedef {import('../store.js').Conversation} Conversation */

export const EXTEND_MS = 60_000;

/**
 * @param {AgentModel} model
 * @param {Conversation} conversation
 * @param {boolean} isNext whether the keys mean this one
 */
export function conversationCard(model, conversation, isNext) {
  const isWrapping = conversation.state === 'wrapping';
  const title = `conversation-${conversation.id}`;
  const extra = conversation.idle
    ? 'silent: takes no room'
    : conversation.disposition && plain(conversation.disposition);
  return html`<article
    class="card conversation ${isWrapping ? 'wrapping' : ''} ${conversation.idle ? 'idle' : ''}"
    data-conversation=${conversation.id}
    aria-labelledby=${title}
    tabindex="-1"
  >
    <div class="conversation-head">
      <div>
        ${plates(conversation.channel, queueOf(conversation), extra)}
        <h3 class="who" id=${title}><bdi>${whoIs(conversation)}</bdi></h3>
        ${
          conversation.subject
            ? html`<p class="subject"><bdi>${conversation.subject}</bdi></p>`
            : nothing
        }
      </div>
      ${isWrapping ? wrapClock(model, conversation) : handClock(model, conversation)}
    </div>
    ${model.notes.value?.field(conversation) ?? nothing}
    ${isWrapping ? wrapButtons(model, conversation, isNext) : handButtons(model, conversation, isNext)}
    ${details(conversation)}
  </article>`;
}

/** @param {AgentModel} model @param {Conversation} conversation */
function handClock(model, conversation) {
  const since = conversation.assigned_at;
  if (!since) return nothing;
  return html`<p class="clock">
    <span class="clock-number">${stopwatch(model.now.value - since)}</span
    ><span class="clock-unit">in hand</span>
  </p>`;
}

/** @param {AgentModel} model @param {Conversation} conversation */
function wrapClock(model, conversation) {
  const left = Math.max(0, (conversation.wrap_until ?? 0) - model.now.value);
  const total = (conversation.wrap_until ?? 0) - (conversation.wrap_from ?? 0);
  return html`<div class="clock" role="timer" aria-label="${duration(left)} of wrap-up left">
    <span class="clock-number" aria-hidden="true">${stopwatch(left + 999)}</span
    ><span class="clock-unit" aria-hidden="true">wrap-up left</span>
    ${fuse(fractionLeft(left, total))}
  </div>`;
}

/** Everything else that came with it, as text. @param {Conversation} conversation */
function details(conversation) {
  const { name, ...customer } = conversation.customer ?? {};
  const rows = [
    ...Object.entries(customer),
    ...Object.entries(conversation.attributes ?? {}),
    ...(conversation.priority ? [['Priority', conversation.priority]] : []),
    ['Id', conversation.id],
  ];
  return html`<details class="details">
    <summary>Details</summary>
    <dl class="facts">
      ${rows.map(
        ([key, value]) =>
          html`<div>
            <dt><bdi>${plain(key)}</bdi></dt>
            <dd><bdi>${typeof value === 'string' ? value : JSON.stringify(value)}</bdi></dd>
          </div>`,
      )}
    </dl>
  </details>`;
}

/**
 * @param {any} text
 * @param {string} key '' when no key means it
 * @param {() => void} press
 * @param {{kind?: string, busy?: boolean, open?: boolean, popup?: boolean}} [look]
 */
const button = (text, key, press, { kind = '', busy = false, open, popup } = {}) =>
  html`<button
    class="button ${kind}"
    ?disabled=${busy}
    aria-keyshortcuts=${key || nothing}
    aria-expanded=${open ?? nothing}
    aria-haspopup=${popup ? 'dialog' : nothing}
    @click=${press}
  >
    ${text} ${key && !busy ? keycap(key) : nothing}
  </button>`;

/** @param {AgentModel} model @param {Conversation} conversation @param {boolean} isNext */
function handButtons(model, conversation, isNext) {
  const { id, idle } = conversation;
  const doing = model.doing.value[id];
  const busy = !!doing;
  const isOpen = model.completing.value === id;
  return html`<div class="row">
      ${button(doing ? `${doing.does}: confirming…` : 'Complete', isNext ? 'C' : '', () => model.complete(id), { kind: 'main', busy })}
      ${button('Outcome…', '', () => (model.completing.value = isOpen ? '' : id), { busy, open: isOpen })}
      ${button('Transfer', isNext ? 'T' : '', () => model.askWhere(id), { busy, popup: true })}
      ${button(idle ? 'It goes on' : 'It is silent', '', () => model.activity(id, !idle), { kind: 'quiet', busy })}
    </div>
    ${isOpen ? chips('What came of it', OUTCOMES, (code) => model.complete(id, code)) : nothing}`;
}

/** @param {AgentModel} model @param {Conversation} conversation @param {boolean} isNext */
function wrapButtons(model, { id, wrap_extendable }, isNext) {
  const doing = model.doing.value[id];
  const busy = !!doing;
  return html`<div class="row">
    ${button(doing ? `${doing.does}: confirming…` : 'Finish wrap-up', isNext ? 'W' : '', () => model.finish(id), { kind: 'main', busy })}
    ${
      wrap_extendable === false
        ? nothing
        : button('1 minute more', isNext ? 'E' : '', () => model.extend(id, EXTEND_MS), { busy })
    }
  </div>`;
}
