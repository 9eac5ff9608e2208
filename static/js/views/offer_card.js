// @ts-check
/**
 * One offer: who asks, for what, how long it stays, and the two answers.
 *
 * MUST NOT hide the offer or change its words before the server said how it ended.
 */

import { html, nothing } from '../lit.js';
import { DECLINE_REASONS, duration, plain, queueOf, whoIs, whyFacts } from '../words.js';
import { chips, keycap, plates, ring } from './lamps.js';

/** @typedef {import('../agent_model.js').AgentModel} AgentModel */
/** @typedef {import('../store.js').Offer} Offer */

/** @param {AgentModel} model @param {Offer} offer */
export function offerCard(model, offer) {
  const left = Math.max(0, offer.expires_at - model.now.value);
  const isMarked = model.markedOffer?.id === offer.id;
  const title = `offer-${offer.id}`;
  return html`<article
    class="card offer ${isMarked ? 'marked' : ''}"
    data-offer=${offer.id}
    aria-labelledby=${title}
    @focusin=${() => (model.marked.value = offer.id)}
  >
    ${ring(left, total(offer))}
    <div class="offer-body">
      ${plates(offer.channel, queueOf(offer), offer.priority && `priority ${offer.priority}`)}
      <h3 class="who" id=${title}><bdi>${whoIs(offer)}</bdi></h3>
      ${offer.subject ? html`<p class="subject"><bdi>${offer.subject}</bdi></p>` : nothing}
      ${facts(model, offer)}
    </div>
    ${answers(model, offer, isMarked, left)}
  </article>`;
}

/** @param {Offer} offer */
const total = (offer) =>
  offer.made_at ? offer.expires_at - offer.made_at : (offer.expires_in_ms ?? 20_000);

/** @param {AgentModel} model @param {Offer} offer */
function facts(model, offer) {
  const now = model.now.value;
  const waited = (offer.waited_ms ?? 0) + Math.max(0, now - (offer.made_at ?? now));
  const why = whyFacts(offer.why);
  return html`<dl class="facts">
    <div>
      <dt>Waiting</dt>
      <dd>${duration(waited)}</dd>
    </div>
    ${
      why.length > 0
        ? html`<div>
            <dt>Why you</dt>
            <dd>${why.join(' · ')}</dd>
          </div>`
        : nothing
    }
  </dl>`;
}

/** @param {AgentModel} model @param {Offer} offer @param {boolean} isMarked @param {number} left */
function answers(model, offer, isMarked, left) {
  const doing = model.doing.value[offer.id];
  if (doing || left <= 0)
    return html`<div class="answers">
      <p class="confirming" role="status">
        <span class="shunt" aria-hidden="true"></span
        ><span
          >${doing ? progress(model, doing) : 'Time is up. Waiting for the server’s word.'}</span
        >
      </p>
    </div>`;
  const isOpen = model.declining.value === offer.id;
  /** @param {string} key */
  const key = (key) => (isMarked ? key : nothing);
  return html`<div class="answers">
      <button
        class="button accept"
        aria-keyshortcuts=${key('A')}
        @click=${() => model.accept(offer.id)}
      >
        Accept ${isMarked ? keycap('A') : nothing}
      </button>
      <button class="button" aria-keyshortcuts=${key('D')} @click=${() => model.decline(offer.id)}>
        Decline ${isMarked ? keycap('D') : nothing}
      </button>
      <button
        class="button quiet"
        aria-keyshortcuts=${key('R')}
        aria-expanded=${isOpen}
        @click=${() => (model.declining.value = isOpen ? '' : offer.id)}
      >
        Decline with a reason
      </button>
    </div>
    ${
      isOpen
        ? chips('Reason for declining', reasonsOf(offer), (code) => model.decline(offer.id, code))
        : nothing
    }`;
}

/** @param {AgentModel} model @param {import('../agent_model.js').Doing} doing */
function progress(model, doing) {
  if (doing.settled) return `${doing.does} confirmed.`;
  if (doing.uncertain) return `${doing.does}: stored, but not certain yet. The answer follows.`;
  if (model.phase.value.stage !== 'connected')
    return `${doing.does}: will be sent when the connection is back.`;
  return `${doing.does}: confirming…`;
}

/** @param {Offer} offer @returns {string[][]} code and text */
function reasonsOf(offer) {
  const own = (offer.decline_reasons ?? []).map((/** @type {any} */ reason) => {
    const code = typeof reason === 'string' ? reason : reason.code;
    return [code, plain(code)];
  });
  return own.length > 0 ? own : DECLINE_REASONS;
}
