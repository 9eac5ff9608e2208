// @ts-check
/**
 * One conversation that the agent holds: in hand, or in wrap-up with its clock.
 *
 * MUST NOT end a conversation by itself: when a wrap-up runs out, the server says so.
 */

import { fractionLeft } from '../clock.js';
import { html, nothing } from '../vendor.js';
import { duration, plain, queueOf, stopwatch, whoIs } from '../words.js';
import { keycap } from './lamps.js';

/** @typedef {import('../agent_model.js').AgentModel} AgentModel */
/** @typedef {import('../store.js').Conversation} Conversation */

const EXTEND_MS = 60_000;

/**
 * @param {AgentModel} model
 * @param {Conversation} conversation
 * @param {boolean} isNext whether `W` means this one
 */
export function conversationCard(model, conversation, isNext) {
  const isWrapping = conversation.state === 'wrapping';
  const title = `conversation-${conversation.id}`;
  return html`<article
    class="card conversation ${isWrapping ? 'wrapping' : ''}"
    data-conversation=${conversation.id}
    aria-labelledby=${title}
  >
    <div class="conversation-head">
      <div>
        <p class="plates">
          <span class="plate plate-channel">${conversation.channel}</span
          ><span class="plate"><bdi>${queueOf(conversation)}</bdi></span>
        </p>
        <h3 class="who" id=${title}><bdi>${whoIs(conversation)}</bdi></h3>
        ${
          conversation.subject
            ? html`<p class="subject"><bdi>${conversation.subject}</bdi></p>`
            : nothing
        }
      </div>
      ${isWrapping ? wrapClock(model, conversation) : handClock(model, conversation)}
    </div>
    ${details(conversation)}
    ${isWrapping ? wrapButtons(model, conversation, isNext) : handButtons(model, conversation)}
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
    <svg class="fuse" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <path d="M0 2h100" class="groove" />
      <path
        d="M0 2h100"
        class="left"
        pathLength="1"
        stroke-dasharray="1"
        stroke-dashoffset=${(1 - fractionLeft(left, total)).toFixed(3)}
      />
    </svg>
  </div>`;
}

/** Everything else that came with it, as text. @param {Conversation} conversation */
function details(conversation) {
  const { name, ...customer } = conversation.customer ?? {};
  const rows = [...Object.entries(customer), ...Object.entries(conversation.attributes ?? {})];
  return html`<details class="details">
    <summary>Details</summary>
    <dl class="facts">
      ${rows.map(
        ([key, value]) =>
          html`<div>
            <dt><bdi>${plain(key)}</bdi></dt>
            <dd><bdi>${asText(value)}</bdi></dd>
          </div>`,
      )}
      ${
        conversation.priority
          ? html`<div>
              <dt>Priority</dt>
              <dd>${conversation.priority}</dd>
            </div>`
          : nothing
      }
      <div>
        <dt>Id</dt>
        <dd>${conversation.id}</dd>
      </div>
    </dl>
  </details>`;
}

/** @param {unknown} value */
const asText = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

/** @param {AgentModel} model @param {Conversation} conversation */
function handButtons(model, conversation) {
  const doing = model.doing.value[conversation.id];
  return html`<div class="row">
    <button
      class="button main"
      ?disabled=${!!doing}
      @click=${() => model.complete(conversation.id)}
    >
      ${doing ? `${doing.does}: confirming…` : 'Complete'}
    </button>
    <button
      class="button"
      ?disabled=${!!doing}
      aria-haspopup="dialog"
      @click=${() => (model.transferring.value = conversation.id)}
    >
      Transfer
    </button>
  </div>`;
}

/** @param {AgentModel} model @param {Conversation} conversation @param {boolean} isNext */
function wrapButtons(model, conversation, isNext) {
  const doing = model.doing.value[conversation.id];
  return html`<div class="row">
    <button
      class="button main"
      ?disabled=${!!doing}
      aria-keyshortcuts=${isNext ? 'W' : nothing}
      @click=${() => model.finish(conversation.id)}
    >
      ${doing ? `${doing.does}: confirming…` : 'Finish wrap-up'}
      ${isNext && !doing ? keycap('W') : nothing}
    </button>
    ${
      conversation.wrap_extendable === false
        ? nothing
        : html`<button
            class="button"
            ?disabled=${!!doing}
            @click=${() => model.extend(conversation.id, EXTEND_MS)}
          >
            1 minute more
          </button>`
    }
  </div>`;
}
