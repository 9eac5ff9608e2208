// @ts-check
/**
 * Frames of `interlock.v1`: what was said, in which order, and which commands still wait for
 * their answer.
 *
 * MUST NOT touch sockets, timers or the page. The rule: a command is settled by the reply with
 * its `ref` and by nothing else; until then it is sent again after every resume, because the
 * server knows it by (session, ref).
 */

/**
 * @typedef {{type: string, [field: string]: any}} Command
 * @typedef {{type: string, seq?: number, at?: number, [field: string]: any}} Push
 * @typedef {{ref: string, ok: boolean, code?: string, message?: string, temporary?: boolean,
 *            already?: boolean, [field: string]: any}} Reply
 * @typedef {{command: Command, settle: (reply: Reply) => void, onPending?: (reply: Reply) =>
 * void}} Waiting
 */

export const SUBPROTOCOL = 'interlock.v1';

/** Commands that a new session would carry out a second time. */
const NOT_REPEATABLE = new Set(['extend_wrap_up', 'transfer']);

/** The server's words are JSON objects with a `type`; anything else breaks the protocol. */
export class BadFrame extends Error {}

/**
 * @param {unknown} text
 * @returns {{reply: Reply} | {push: Push}}
 */
export function parse(text) {
  let frame;
  try {
    frame = JSON.parse(/** @type {string} */ (text));
  } catch {
    throw new BadFrame('not JSON');
  }
  if (frame === null || typeof frame !== 'object' || typeof frame.type !== 'string') {
    throw new BadFrame('no type');
  }
  return frame.type === 'reply' ? { reply: frame } : { push: frame };
}

/**
 * What to do with a push when the last one applied had number `last`.
 * @param {number} last
 * @param {Push} push
 * @returns {'apply' | 'repeat' | 'gap'}
 */
export function order(last, push) {
  if (push.seq === undefined || push.type === 'snapshot') return 'apply';
  if (push.seq <= last) return 'repeat';
  return push.seq === last + 1 ? 'apply' : 'gap';
}

/**
 * What a close code asks of us: the ranges carry the meaning, so that an old page treats a new
 * code rightly.
 * @param {number} code
 * @returns {'over' | 'fresh' | 'again'} `fresh`: come back without the old session
 */
export function afterClose(code) {
  if (code === 1000 || (code >= 4500 && code <= 4999)) return 'over';
  return code === 4001 ? 'fresh' : 'again';
}

/** The commands of this page that wait for their reply, oldest first. */
export class Commands {
  /** @param {string} instance makes the refs of two page loads in one session differ */
  constructor(instance) {
    this.instance = instance;
    this.count = 0;
    /** @type {Map<string, Waiting>} */
    this.waiting = new Map();
  }

  /** A new reference. */
  ref() {
    this.count += 1;
    return `${this.instance}-${this.count}`;
  }

  /**
   * Note a command; the promise gives its final reply.
   * @param {Command} command without `ref`
   * @param {(reply: Reply) => void} [onPending] told when the server does not know yet
   * @returns {{frame: Command, done: Promise<Reply>}}
   */
  open(command, onPending) {
    const frame = { ...command, ref: this.ref() };
    const done = new Promise((settle) => {
      this.waiting.set(frame.ref, { command: frame, settle, onPending });
    });
    return { frame, done };
  }

  /** Take a reply; a `pending` one leaves the command open. @param {Reply} reply */
  settle(reply) {
    const entry = this.waiting.get(reply.ref);
    if (!entry) return;
    if (!reply.ok && reply.code === 'pending') {
      entry.onPending?.(reply);
      return;
    }
    this.waiting.delete(reply.ref);
    entry.settle(reply);
  }

  /**
   * The frames to send after a hello. In a new session what must not happen twice is given up
   * instead.
   * @param {boolean} sameSession
   * @returns {Command[]}
   */
  again(sameSession) {
    for (const [ref, { command }] of [...this.waiting]) {
      if (!sameSession && NOT_REPEATABLE.has(command.type)) this.#giveUp(ref, 'unknown_outcome');
    }
    return [...this.waiting.values()].map((entry) => entry.command);
  }

  /** Answer everything that is open with a refusal of ours. @param {string} code */
  abandon(code) {
    for (const ref of [...this.waiting.keys()]) this.#giveUp(ref, code);
  }

  /** @param {string} ref @param {string} code */
  #giveUp(ref, code) {
    this.settle({ ref, ok: false, code, message: '', temporary: true });
  }
}
