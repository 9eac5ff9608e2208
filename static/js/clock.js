// @ts-check
/**
 * Knows what time it is at the server, which alone decides when an offer ends.
 *
 * MUST NOT trust the wall clock of this machine. The rule: a server time heard at local time `r`
 * in answer to something sent at `s` bounds the offset between `server - r` and `server - s`; we
 * stand in the middle.
 */

const SAMPLES = 8;

/** Local time that never jumps, in milliseconds. */
export const localNow = () => performance.timeOrigin + performance.now();

export class ServerClock {
  /** @param {() => number} [local] monotonic local time in ms */
  constructor(local = localNow) {
    this.local = local;
    /** @type {number[]} lower bounds of the offset, newest last */
    this.lower = [];
    this.upper = Infinity;
  }

  /**
   * Learn from one server time.
   * @param {number} serverTime ms since the epoch, as the server said it
   * @param {number} [sentAt] local time of the question; starts the estimate anew
   */
  sample(serverTime, sentAt) {
    if (!Number.isFinite(serverTime)) return;
    const low = serverTime - this.local();
    if (sentAt !== undefined) {
      this.lower = [low];
      this.upper = serverTime - sentAt;
      return;
    }
    this.lower = [...this.lower.slice(1 - SAMPLES), low];
    if (Math.max(...this.lower) > this.upper) {
      this.lower = [low];
      this.upper = Infinity;
    }
  }

  /** Server time minus local time, in ms; 0 before the first sample. */
  offset() {
    if (this.lower.length === 0) return 0;
    const low = Math.max(...this.lower);
    return Number.isFinite(this.upper) ? (low + this.upper) / 2 : low;
  }

  /** The server's time now, in ms since the epoch. */
  now() {
    return this.local() + this.offset();
  }

  /** Milliseconds until `deadline` (server time), never below 0. @param {number} deadline */
  remaining(deadline) {
    return Math.max(0, deadline - this.now());
  }
}

/** Whole seconds to show for a remaining time: 0 only when it is over. @param {number} ms */
export const secondsLeft = (ms) => Math.max(0, Math.ceil(ms / 1000));

/** How much of `total` is left, 0 to 1. @param {number} ms @param {number} total */
export const fractionLeft = (ms, total) => (total > 0 ? Math.min(1, Math.max(0, ms / total)) : 0);
