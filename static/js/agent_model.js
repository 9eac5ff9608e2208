// @ts-check
/**
 * The signals behind the agent page, and what the person can do.
 *
 * MUST NOT foresee: a pressed button becomes "confirming" in `doing`, and only the server's word
 * changes `state`.
 */

import { announce } from './attention.js';
import { batch, signal } from './vendor.js';
import { START } from './phase.js';
import { EMPTY, dropOffer, fold, offerOf } from './store.js';
import { outcomeText, plain, refusalText, shortName } from './words.js';

/**
 * @typedef {{id: number, tone: 'good' | 'calm' | 'warn', text: string, until: number}} Toast
 * @typedef {{does: string, uncertain?: boolean, settled?: boolean}} Doing `settled`: granted,
 * the push is on its way
 */

const TOAST_MS = 9_000;
const TOASTS_MAX = 3;
const OLD_NEWS_MS = 15_000;
/** Refusals after which an offer is certainly no longer ours to answer. */
const GONE = new Set([
  'offer_expired',
  'offer_taken',
  'offer_rescinded',
  'offer_declined',
  'unknown_offer',
  'not_yours',
]);

export class AgentModel {
  /**
   * @param {import('./clock.js').ServerClock} clock
   * @param {(command: import('./wire.js').Command, onPending?: () => void) =>
   * Promise<import('./wire.js').Reply>} send
   */
  constructor(clock, send) {
    this.clock = clock;
    this.send = send;
    this.state = signal(EMPTY);
    /** Server time, renewed several times a second: what counts up or down reads it. */
    this.now = signal(clock.now());
    this.stale = signal(true);
    /** @type {import('./vendor.js').Signal<import('./phase.js').Phase>} */
    this.phase = signal(START);
    this.sound = signal(/** @type {import('./sound.js').SoundState} */ ('locked'));
    this.permission = signal('default');
    this.endsAt = signal(0);
    /**
     * @type {import('./vendor.js').Signal<Record<string, Doing>>} by id of offer,
     * conversation, `presence`
     */
    this.doing = signal({});
    /** @type {import('./vendor.js').Signal<Toast[]>} */
    this.toasts = signal([]);
    /** The offer that the keys mean; '' is the first. */
    this.marked = signal('');
    /** Id of the offer whose decline reasons are open. */
    this.declining = signal('');
    this.choosingAway = signal(false);
    /** Id of the conversation whose transfer dialog is open. */
    this.transferring = signal('');
    this.toastCount = 0;
  }

  /** Take a push from the server. @param {import('./wire.js').Push} push */
  take(push) {
    const before = this.state.value;
    batch(() => {
      this.state.value = fold(before, push);
      this.#tell(before, push);
      if (push.type === 'presence') this.choosingAway.value = false;
      this.#settleBy(push);
      if (push.type === 'reauth_required') this.endsAt.value = push.by;
    });
    for (const offer of this.#newOffers(before))
      void this.send({ type: 'received', offer: offer.id });
    if (this.state.value.unknown.length > before.unknown.length)
      console.warn('unknown push', push.type);
  }

  /** The offer that `A` and `D` mean. */
  get markedOffer() {
    const { offers } = this.state.value;
    return offers.find(({ id }) => id === this.marked.value) ?? offers[0];
  }

  /** @param {number} step 1 or -1 */
  mark(step) {
    const { offers } = this.state.value;
    const at = offers.findIndex(({ id }) => id === this.markedOffer?.id);
    this.marked.value = offers[Math.min(offers.length - 1, Math.max(0, at + step))]?.id ?? '';
  }

  /** @param {string} offer */
  accept = (offer) => this.#answer(offer, 'Accept', { type: 'accept', offer });

  /** @param {string} offer @param {string} [reason] */
  decline = (offer, reason) =>
    this.#answer(
      offer,
      'Decline',
      reason ? { type: 'decline', offer, reason } : { type: 'decline', offer },
    );

  /** @param {string} presence @param {string} [reason] */
  setPresence(presence, reason) {
    this.choosingAway.value = false;
    const command = { type: 'set_presence', presence };
    return this.#do('presence', `presence.${presence}`, reason ? { ...command, reason } : command);
  }

  /** @param {string} conversation */
  complete = (conversation) =>
    this.#do(conversation, 'Complete', { type: 'complete', conversation });

  /** @param {string} conversation */
  finish = (conversation) =>
    this.#do(conversation, 'Finish', { type: 'finish_wrap_up', conversation });

  /** @param {string} conversation @param {number} byMs */
  extend = (conversation, byMs) =>
    this.#do(conversation, 'Extend', { type: 'extend_wrap_up', conversation, by_ms: byMs });

  /** @param {string} conversation @param {{queue?: string, agent?: string}} to */
  transfer = (conversation, to) =>
    this.#do(conversation, 'Transfer', { type: 'transfer', conversation, ...to });

  /** @param {Toast['tone']} tone @param {string} text */
  toast(tone, text) {
    const toast = { id: ++this.toastCount, tone, text, until: this.clock.local() + TOAST_MS };
    this.toasts.value = [...this.toasts.value, toast].slice(-TOASTS_MAX);
    announce(text);
  }

  /** @param {number} id */
  dismiss(id) {
    this.toasts.value = this.toasts.value.filter((toast) => toast.id !== id);
  }

  /** Call several times a second. @param {boolean} stale */
  tick(stale) {
    const local = this.clock.local();
    batch(() => {
      this.now.value = this.clock.now();
      this.stale.value = stale;
      if (this.toasts.value.some(({ until }) => until <= local)) {
        this.toasts.value = this.toasts.value.filter(({ until }) => until > local);
      }
    });
  }

  /** @param {string} offer @param {string} does @param {import('./wire.js').Command} command */
  async #answer(offer, does, command) {
    if (!offerOf(this.state.value, offer)) return;
    this.declining.value = '';
    const reply = await this.#do(offer, does, command, true);
    const known = offerOf(this.state.value, offer);
    if (!reply || !known) return;
    if (reply.ok) this.#note(offer, { does, settled: true });
    else if (GONE.has(reply.code ?? '')) {
      this.state.value = dropOffer(this.state.value, offer, reply.code ?? '', this.clock.now());
      this.#tellOutcome(this.state.value.recent[0]);
    } else {
      this.toast('warn', refusalText(reply));
    }
  }

  /**
   * One action per thing at a time: a second press of a pressed button says nothing new.
   * @param {string} id @param {string} does @param {import('./wire.js').Command} command
   * @param {boolean} [quiet] the caller tells a refusal
   */
  async #do(id, does, command, quiet = false) {
    if (this.doing.value[id]) return undefined;
    let mine = this.#note(id, { does });
    const onPending = () => {
      mine = this.#note(id, { does, uncertain: true });
    };
    const reply = await this.send(command, onPending);
    if (this.doing.value[id] === mine) this.#forget(id);
    if (!reply.ok && !quiet) this.toast('warn', refusalText(reply));
    return reply;
  }

  /** @param {string} id @param {Doing} doing @returns {Doing} */
  #note(id, doing) {
    this.doing.value = { ...this.doing.value, [id]: doing };
    return doing;
  }

  /** Only what is granted: an open command is sent again, and its reply comes. */
  #forgetSettled() {
    const open = Object.entries(this.doing.value).filter(([, { settled }]) => !settled);
    this.doing.value = Object.fromEntries(open);
  }

  /** @param {string} id */
  #forget(id) {
    const { [id]: _done, ...others } = this.doing.value;
    this.doing.value = others;
  }

  /**
   * What a push changed is no longer being asked for, also when its reply comes later.
   * @param {import('./wire.js').Push} push
   */
  #settleBy({ type, offer, conversation }) {
    if (type === 'offer_ended') this.#forget(offer);
    if (type === 'assigned') this.#forget(conversation.id);
    if (type === 'conversation_ended') this.#forget(conversation);
    if (type === 'presence') this.#forget('presence');
    if (type === 'snapshot') this.#forgetSettled();
  }

  /** @param {import('./store.js').AgentState} before */
  #newOffers(before) {
    const fresh = this.state.value.offers.filter(({ id }) => !offerOf(before, id));
    return fresh.filter(({ expires_at }) => expires_at > this.clock.now());
  }

  /** @param {import('./store.js').AgentState} before @param {import('./wire.js').Push} push */
  #tell(before, push) {
    if (push.at !== undefined && push.at < this.clock.now() - OLD_NEWS_MS) return;
    const after = this.state.value;
    if (push.type === 'offer_ended' && after.recent !== before.recent)
      this.#tellOutcome(after.recent[0]);
    if (push.type === 'conversation_ended' && before.conversations !== after.conversations)
      this.#tellEnd(before, push);
    const own = `agent:${after.agent?.id}`;
    if (push.type === 'presence' && push.by && push.by !== own && push.by !== 'agent') {
      this.toast(
        'warn',
        `You were set to ${push.presence}${push.reason ? `: ${plain(push.reason)}` : ''}`,
      );
    }
  }

  /** @param {import('./store.js').Ended} ended */
  #tellOutcome(ended) {
    const { tone, text } = outcomeText(ended);
    this.toast(tone, text);
  }

  /** @param {import('./store.js').AgentState} before @param {import('./wire.js').Push} push */
  #tellEnd(before, push) {
    const held = before.conversations.find(({ id }) => id === push.conversation);
    if (held)
      this.toast(
        'calm',
        `Over: ${shortName(held)}${push.reason ? ` (${plain(push.reason)})` : ''}`,
      );
  }
}
