// @ts-check
/**
 * The signals behind the agent page, and what the person can do.
 *
 * MUST NOT foresee: a pressed button becomes "confirming" in `doing`, and only the server's word
 * changes `state`.
 */

import { newsOf } from './agent_news.js';
import { announce } from './attention.js';
import { batch, signal } from './signal.js';
import { START } from './phase.js';
import { EMPTY, dropOffer, fold, offerOf } from './store.js';
import { outcomeText, refusalText, shortName } from './words.js';

/**
 * @typedef {import('./agent_news.js').Tone} Tone
 * @typedef {{id: number, tone: Tone, text: string, until: number}} Toast
 * @typedef {'' | 'help' | 'alerts' | 'day' | 'transfer' | 'sign-in'} DialogName
 * @typedef {{does: string, uncertain?: boolean, settled?: boolean}} Doing `settled`: granted,
 * the push is on its way
 */

const TOAST_MS = 9_000;
const TOASTS_MAX = 3;
const OLD_NEWS_MS = 15_000;
const NAMES_MAX = 300;
/** What is said again after a reload, if it still can be. */
const KEPT = new Set(['accept', 'decline', 'complete', 'finish_wrap_up']);
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
   * @param {Pick<import('./tabs.js').Outbox, 'all' | 'put'>} outbox
   */
  constructor(clock, send, outbox) {
    this.outbox = outbox;
    this.clock = clock;
    this.send = send;
    this.state = signal(EMPTY);
    /** Server time, renewed several times a second: what counts up or down reads it. */
    this.now = signal(clock.now());
    this.stale = signal(true);
    /** @type {import('./signal.js').Signal<import('./phase.js').Phase>} */
    this.phase = signal(START);
    this.sound = signal(/** @type {import('./sound.js').SoundState} */ ('locked'));
    this.permission = signal('default');
    /** Whether the person has looked at the alerts of this page. */
    this.checked = signal(false);
    /** When the sign-in of this browser ends, in server time; 0: never. */
    this.endsAt = signal(0);
    /** @type {import('./signal.js').Signal<any[]>} custom presences */
    this.presences = signal(/** @type {any[]} */ ([]));
    /** Sockets that this agent works with. */
    this.sockets = signal(1);
    /** Those of them that are not in this browser. */
    this.elsewhere = signal(0);
    this.bothAreFine = signal(false);
    /** This page only looks on: it neither rings nor answers. */
    this.watching = signal(false);
    /** @type {import('./signal.js').Signal<DialogName>} */
    this.dialog = signal(/** @type {DialogName} */ (''));
    /**
     * @type {import('./signal.js').Signal<Record<string, Doing>>} by id of offer,
     * conversation, `presence`
     */
    this.doing = signal({});
    /** @type {import('./signal.js').Signal<Toast[]>} */
    this.toasts = signal([]);
    /** The offer that the keys mean; '' is the first. */
    this.marked = signal('');
    /** Id of the offer whose decline reasons are open. */
    this.declining = signal('');
    this.choosingAway = signal(false);
    /** What is chosen there comes after the work in hand. */
    this.afterWork = signal(false);
    /** Id of the conversation whose outcomes are open. */
    this.completing = signal('');
    /** Id of the conversation that the transfer dialog is about. */
    this.transferring = signal('');
    /** @type {import('./signal.js').Signal<import('./notes.js').Notes | null>} */
    this.notes = signal(/** @type {any} */ (null));
    /** @type {Map<string, string>} conversation -> who, for the list of the day */
    this.names = new Map();
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
    });
    const fresh = this.#newOffers(before);
    for (const { conversation, customer } of fresh) this.#remember(conversation, { customer });
    if (!this.watching.value)
      for (const { id } of fresh) void this.send({ type: 'received', offer: id });
    if (push.type === 'snapshot') this.#sayAgain();
    if (this.state.value.unknown.length > before.unknown.length)
      console.warn('unknown push', push.type);
  }

  /** Only look on, or work again: then all that is offered has arrived here. @param {boolean} on */
  watch(on) {
    if (on === this.watching.value) return;
    this.watching.value = on;
    if (!on)
      for (const { id } of this.state.value.offers) void this.send({ type: 'received', offer: id });
  }

  /**
   * How well this page is placed to answer an offer for a notification: 0, it cannot; the one that
   * rings goes before the others.
   * @param {string} offer id
   */
  fit(offer) {
    const open = offerOf(this.state.value, offer) && !this.doing.value[offer];
    return open && !this.watching.value ? 1 + Number(this.sound.value === 'on') : 0;
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

  /** @param {string} presence @param {string} [reason] @param {boolean} [after] the work in hand */
  setPresence(presence, reason, after = false) {
    this.choosingAway.value = this.afterWork.value = false;
    const command = { type: 'set_presence', presence, ...(reason && { reason }) };
    return this.#do(
      'presence',
      `presence.${presence}`,
      after ? { ...command, after_work: true } : command,
    );
  }

  /** Drop the plan to finish and go. */
  stay() {
    const { presence, custom_presence, presence_reason } = this.state.value.agent ?? {};
    return this.setPresence(custom_presence ?? presence ?? 'available', presence_reason);
  }

  /** @param {string} conversation @param {string} [disposition] what came of it */
  complete(conversation, disposition) {
    this.completing.value = '';
    const command = { type: 'complete', conversation };
    return this.#do(conversation, 'Complete', disposition ? { ...command, disposition } : command);
  }

  /** @param {DialogName} name */
  open = (name) => {
    if (name === 'alerts') this.checked.value = true;
    // Of the last one, closed by Escape, this model may not have heard yet.
    this.dialog.value = '';
    this.dialog.value = name;
  };

  /** Open the dialog that asks where a conversation shall go. @param {string} conversation */
  askWhere(conversation) {
    this.transferring.value = conversation;
    this.open('transfer');
  }

  /** @param {string} conversation @param {boolean} idle */
  activity = (conversation, idle) =>
    this.#do(conversation, idle ? 'Silent' : 'Goes on', { type: 'activity', conversation, idle });

  /** Pick the first of a queue that this agent may have. @param {string} queue */
  pick = (queue) => this.#do('pick', 'Pick', { type: 'pull', queue });

  /** @param {string} conversation */
  finish = (conversation) =>
    this.#do(conversation, 'Finish', { type: 'finish_wrap_up', conversation });

  /** @param {string} conversation @param {number} byMs */
  extend = (conversation, byMs) =>
    this.#do(conversation, 'Extend', { type: 'extend_wrap_up', conversation, by_ms: byMs });

  /** @param {string} conversation @param {{queue?: string, agent?: string}} to */
  transfer = (conversation, to) =>
    this.#do(conversation, 'Transfer', { type: 'transfer', conversation, ...to });

  /** @param {Tone} tone @param {string} text */
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
    if (this.watching.value) {
      this.toast('warn', 'This page only watches. Choose “Work here” first.');
      return undefined;
    }
    const isKept = KEPT.has(command.type);
    if (isKept) this.outbox.put(id, command);
    let mine = this.#note(id, { does });
    const onPending = () => {
      mine = this.#note(id, { does, uncertain: true });
    };
    const reply = await this.send(command, onPending);
    if (isKept && reply.code !== 'signed_off') this.outbox.put(id, null);
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

  /** What was pressed before a reload, and is still open, is pressed again. */
  #sayAgain() {
    const { conversations } = this.state.value;
    for (const [id, command] of Object.entries(this.outbox.all)) {
      if (this.doing.value[id]) continue;
      const held = conversations.find((one) => one.id === id);
      const wanted = command.type === 'complete' ? 'assigned' : 'wrapping';
      if (command.offer && offerOf(this.state.value, id))
        void this.#answer(id, command.type === 'accept' ? 'Accept' : 'Decline', command);
      else if (held?.state === wanted) void this.#do(id, 'Sent again', command);
      else this.outbox.put(id, null);
    }
  }

  /** @param {string} conversation @param {any} item */
  #remember(conversation, item) {
    this.names.set(conversation, shortName(item));
    if (this.names.size > NAMES_MAX) this.names.delete([...this.names.keys()][0]);
  }

  /** @param {import('./store.js').AgentState} before @param {import('./wire.js').Push} push */
  #tell(before, push) {
    if (push.at !== undefined && push.at < this.clock.now() - OLD_NEWS_MS) return;
    for (const { tone, text } of newsOf(before, this.state.value, push))
      if (tone) this.toast(tone, text);
      else announce(text);
  }

  /** @param {import('./store.js').Ended} ended */
  #tellOutcome(ended) {
    const { tone, text } = outcomeText(ended);
    this.toast(tone, text);
  }
}
