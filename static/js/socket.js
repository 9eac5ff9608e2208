// @ts-check
/**
 * Keeps one live session with the server: ticket, hello, resume, back-off, pings.
 *
 * MUST NOT know what pushes mean. The rule: after any loss the page either holds every push in
 * order or asks for a snapshot; never something in between. That is why a session is resumed
 * only by the page that folded its pushes: a reloaded or duplicated tab knows none of them and
 * starts its own with a snapshot. Timers of hidden pages are slow, so pings are answered from
 * onmessage.
 */

import { HttpProblem, socketAddress, ticketFor, whoAmI } from './api.js';
import { CONNECTED, START, afterLoss, atTime, over } from './phase.js';
import { BadFrame, Commands, SUBPROTOCOL, afterClose, order, parse } from './wire.js';

const BASE_MS = 1_000;
const CAP_MS = 30_000;
const HANDSHAKE_MS = 12_000;
const STEADY_MS = 10_000;
/** All pages may be asked at once to come back with a new ticket. */
const RENEW_WITHIN_MS = 5_000;
const CLOSE_TO_RETURN = 4000;
/** A ticket lives for seconds and dies with its server: a refused one is worth a few new ones. */
const BAD_TICKET = 4500;
const TICKET_TRIES = 3;

/**
 * @typedef {import('./phase.js').Phase} Phase
 * @typedef {{session: string, secret: string, gen: string}} Session
 * @typedef {{WebSocket: typeof WebSocket, ticket: (who: any) => Promise<string>,
 *            identity: () => Promise<import('./api.js').Identity | null>,
 *            address: () => string, random: () => number}} World
 * @typedef {{who: {role: string, agent?: string}, clock: import('./clock.js').ServerClock,
 *            onPush: (push: import('./wire.js').Push) => void, onPhase: (phase: Phase) => void,
 *            onSockets?: (sockets: number) => void, onSignIn?: (endsAt: number) => void,
 *            world?: Partial<World>}} Options `onSignIn`: when the sign-in of this browser ends
 */

/**
 * Full jitter: anything between 0 and the doubled bound.
 * @param {number} attempt
 * @param {() => number} random
 */
export const backOff = (attempt, random) => random() * Math.min(CAP_MS, BASE_MS * 2 ** attempt);

export class Link {
  /** @param {Options} options */
  constructor({ who, clock, onPush, onPhase, onSockets, onSignIn, world = {} }) {
    this.who = who;
    this.clock = clock;
    this.onPush = onPush;
    this.onPhase = onPhase;
    this.onSockets = onSockets ?? (() => {});
    this.onSignIn = onSignIn ?? (() => {});
    /** Whether the next hello ends the other sockets of this agent. */
    this.alone = false;
    /** Whether the server shall not count on this page. */
    this.watches = false;
    /** @type {World} */
    this.world = {
      WebSocket: globalThis.WebSocket,
      ticket: ticketFor,
      identity: whoAmI,
      address: socketAddress,
      random: Math.random,
      ...world,
    };
    this.instance = Math.floor(this.world.random() * 36 ** 8)
      .toString(36)
      .padStart(8, '0');
    this.commands = new Commands(this.instance);
    /** @type {Session | null} */
    this.session = null;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.ready = false;
    this.last = 0;
    this.attempt = 0;
    this.round = 0;
    this.pingEveryMs = 10_000;
    this.graceMs = 20_000;
    this.heardAt = 0;
    this.wasLive = false;
    this.liveSince = 0;
    this.drainAt = 0;
    this.phase = START;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** Begin; also the way back after `over`. */
  start() {
    this.attempt = 0;
    this.#say(START);
    void this.#try();
  }

  /** Do not wait for the timer: the network or the person is back. */
  retryNow() {
    if (this.phase.stage === 'over' || this.socket !== null) return;
    clearTimeout(this.timer);
    void this.#try();
  }

  /** Come back at once over a new socket, with a new ticket; nothing is lost by it. */
  renew() {
    if (this.phase.stage === 'over') return this.start();
    this.#drop(CLOSE_TO_RETURN);
    void this.#try();
  }

  /** Work here only: the other sockets of this agent end. */
  takeOver() {
    this.alone = true;
    this.renew();
  }

  /** Only look on, or work again. @param {boolean} on */
  watch(on) {
    if (on === this.watches) return;
    this.watches = on;
    if (this.round > 0 && this.phase.stage !== 'over') this.renew();
  }

  /** The machine may have slept: a socket that was silent for long is not worth waiting for. */
  wake(sleptMs = 0) {
    if (this.socket && Math.max(sleptMs, this.silenceMs()) > 1.5 * this.pingEveryMs)
      this.#fail('slept');
    this.retryNow();
  }

  /** Leave for good. @param {string} code why, for the page */
  leave(code) {
    this.#drop(1000);
    this.#over(code);
  }

  /**
   * Say a command; it survives reconnects. The promise gives the final reply.
   * @param {import('./wire.js').Command} command
   * @param {(reply: import('./wire.js').Reply) => void} [onPending]
   * @returns {Promise<import('./wire.js').Reply>}
   */
  send(command, onPending) {
    const { frame, done } = this.commands.open(command, onPending);
    if (this.phase.stage === 'over') this.commands.abandon('signed_off');
    else if (this.ready) this.#write(frame);
    return done;
  }

  /** Milliseconds since the server was last heard. */
  silenceMs() {
    return this.clock.local() - this.heardAt;
  }

  /** Whether what the page shows may be old. */
  isStale() {
    return this.phase.stage !== 'connected' || this.silenceMs() > 1.8 * this.pingEveryMs;
  }

  /** Call once a second, and when the page wakes up: notices what timers and sockets do not say. */
  check() {
    const now = this.clock.local();
    if (this.socket && this.silenceMs() > 2.5 * this.pingEveryMs) this.#fail('silent');
    if (this.socket && this.drainAt && now >= this.drainAt) this.#fail('draining');
    const phase = atTime(this.phase, now);
    if (phase !== this.phase) this.#say(phase);
  }

  async #try() {
    const round = ++this.round;
    this.#say({ ...this.phase, retryAt: 0 });
    let ticket;
    try {
      ticket = await this.world.ticket(this.who);
    } catch (problem) {
      if (round === this.round) this.#refused(problem);
      return;
    }
    if (round === this.round) this.#open(ticket);
  }

  /** @param {unknown} problem */
  #refused(problem) {
    if (!(problem instanceof HttpProblem)) throw problem;
    if (problem.status === 401) this.#over('signed_out');
    else if (problem.status >= 400 && problem.status < 500 && problem.status !== 429)
      this.#over('forbidden');
    else this.#later(problem.code || 'unavailable', problem.retryAfterMs);
  }

  /** @param {string} ticket */
  #open(ticket) {
    const socket = new this.world.WebSocket(this.world.address(), SUBPROTOCOL);
    this.socket = socket;
    this.drainAt = 0;
    this.heardAt = this.clock.local();
    this.timer = setTimeout(() => this.#fail('handshake'), HANDSHAKE_MS);
    socket.onopen = () => this.#greet(ticket);
    socket.onmessage = (event) => socket === this.socket && this.#hear(event.data);
    socket.onclose = (event) => socket === this.socket && this.#closed(event);
  }

  /** @param {string} ticket */
  #greet(ticket) {
    const sentAt = this.clock.local();
    const ref = this.commands.ref();
    const resume = this.session && { ...this.session, seq: this.last };
    const { instance, alone, watches } = this;
    const hello = { type: 'hello', ref, ticket, instance, client: 'interlock-web' };
    this.hello = { ref, sentAt };
    const how = alone ? { alone } : watches && { watch: true };
    this.#write({ ...hello, ...(resume && { resume }), ...how });
  }

  /** @param {unknown} data */
  #hear(data) {
    this.heardAt = this.clock.local();
    try {
      const frame = parse(data);
      if ('push' in frame) this.#push(frame.push);
      else if (this.hello?.ref === frame.reply.ref) this.#welcomed(frame.reply);
      else this.commands.settle(frame.reply);
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      this.#resync();
    }
  }

  /** @param {import('./wire.js').Reply} reply */
  #welcomed(reply) {
    if (!reply.ok) return; // the close code that follows says what to do
    this.clock.sample(reply.server_time, this.hello?.sentAt);
    this.pingEveryMs = reply.ping_every_ms ?? this.pingEveryMs;
    this.graceMs = reply.grace_ms ?? this.graceMs;
    this.alone = false;
    this.onSockets(reply.sockets ?? 1);
    const same = this.session?.session === reply.session;
    if (reply.mode === 'snapshot') this.last = 0;
    this.ready = true;
    this.session = { session: reply.session, secret: reply.secret, gen: reply.gen };
    for (const frame of this.commands.again(same)) this.#write(frame);
    if (reply.mode === 'replay' && this.last > 0) this.#live();
  }

  /** @param {import('./wire.js').Push} push */
  #push(push) {
    if (push.type === 'ping') {
      this.clock.sample(push.server_time);
      this.onSockets(push.sockets ?? 1);
      this.#write({ type: 'pong', ping: push.ping });
    }
    if (push.type === 'reauth_required') void this.#signInEnds(push.by);
    if (push.type === 'draining') this.drainAt = this.clock.local() + push.reconnect_in_ms;
    const step = order(this.last, push);
    if (step === 'gap') return this.#resync();
    if (step === 'repeat') return;
    if (push.seq !== undefined) this.last = push.seq;
    this.onPush(push);
    if (push.type === 'snapshot') this.#live();
  }

  /**
   * The sign-in of this socket ends. Where another tab has renewed it a new ticket is enough;
   * otherwise only the person can.
   * @param {number} by
   */
  async #signInEnds(by) {
    const known = await this.world.identity().catch(() => null);
    const endsAt = known?.expires_at ?? by;
    if (endsAt > by) setTimeout(() => this.renew(), this.world.random() * RENEW_WITHIN_MS);
    this.onSignIn(endsAt);
  }

  #live() {
    clearTimeout(this.timer);
    this.wasLive = true;
    this.liveSince = this.clock.local();
    this.#say(CONNECTED);
  }

  /** A push is missing or unreadable: take everything anew. */
  #resync() {
    this.#forget();
    this.#fail('resync');
  }

  /** @param {string} code */
  #fail(code) {
    this.#drop(CLOSE_TO_RETURN);
    this.#later(code, 0);
  }

  /** @param {CloseEvent} event */
  #closed({ code: closeCode, reason }) {
    this.#drop(0);
    const next =
      closeCode === BAD_TICKET && this.attempt < TICKET_TRIES ? 'again' : afterClose(closeCode);
    if (next === 'fresh') this.#forget();
    if (next === 'over') this.#over(`closed_${closeCode}`, reason);
    else this.#later(`closed_${closeCode}`, 0);
  }

  /** @param {number} closeCode 0: it is closed already */
  #drop(closeCode) {
    clearTimeout(this.timer);
    this.round += 1;
    const socket = this.socket;
    this.socket = null;
    this.ready = false;
    if (this.liveSince && this.clock.local() - this.liveSince > STEADY_MS) this.attempt = 0;
    this.liveSince = 0;
    if (socket && closeCode) socket.close(closeCode);
  }

  /** @param {string} code @param {number} atLeastMs */
  #later(code, atLeastMs) {
    const now = this.clock.local();
    const jitter = backOff(this.attempt++, this.world.random);
    const delay = this.drainAt ? Math.max(0, this.drainAt - now) : atLeastMs + jitter;
    this.drainAt = 0;
    this.timer = setTimeout(() => void this.#try(), delay);
    this.#say(afterLoss(this.phase, code, now + delay, this.wasLive ? now + this.graceMs : 0));
  }

  /** @param {string} code @param {string} [reason] the server's words */
  #over(code, reason = '') {
    this.#forget();
    this.commands.abandon('signed_off');
    this.#say(over(code, reason));
  }

  /** @param {Phase} phase */
  #say(phase) {
    this.phase = phase;
    this.onPhase(phase);
  }

  /** @param {object} frame */
  #write(frame) {
    this.socket?.send(JSON.stringify(frame));
  }

  #forget() {
    this.session = null;
    this.last = 0;
  }
}
