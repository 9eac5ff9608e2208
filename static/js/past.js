// @ts-check
/**
 * The board as it was: a model of its own, with a clock that stands, beside the living one.
 *
 * MUST NOT touch the living model's figures, and MUST NOT act: nothing can be done in the past. The
 * rule: what is shown belongs to the instant that is named beside it, or nothing is shown.
 */

import { messageOf } from './board_reading.js';
import { BoardModel } from './board_model.js';
import { pastPage } from './views/board_past.js';

const MINUTE_MS = 60_000;
const BACK_MS = 5 * MINUTE_MS;
const SLIDER_MS = 120 * MINUTE_MS;

/** The figures of one instant; nothing opens, nothing is asked. */
class Stood extends BoardModel {
  ask() {}
  askMany() {}
  askMessage() {}
  askRepairs() {}
  open() {}
  async refresh() {}
  async estimate() {}
}

export class Past {
  /** @param {BoardModel} live */
  constructor(live) {
    this.live = live;
    this.end = Math.floor(live.clock.now());
    this.at = this.end;
    this.busy = false;
    this.error = '';
    /** @type {BoardModel | null} */
    this.model = null;
    /** @type {'queues' | 'agents'} */
    this.tab = live.tab === 'agents' ? 'agents' : 'queues';
    void this.to(this.at - BACK_MS);
  }

  get begin() {
    return Math.min(this.end - SLIDER_MS, this.at);
  }

  /** Look at another instant, of the past only. @param {number} at server time in ms */
  async to(at) {
    if (!Number.isFinite(at)) return;
    this.end = Math.max(this.end, Math.floor(this.live.clock.now()));
    const meant = Math.max(1, Math.min(Math.floor(at), this.end));
    [this.at, this.busy, this.error] = [meant, true, ''];
    this.live.changed();
    let [board, error] = [null, ''];
    try {
      board = await this.live.world.call('GET', `v1/board?at=${meant}`);
    } catch (problem) {
      error = messageOf(problem).replace(/^at /, 'This time ');
    }
    // Somebody may have gone on meanwhile.
    if (meant !== this.at || this.live.past !== this) return;
    this.busy = false;
    this.error = error;
    this.model = board && this.#stood(board);
    this.live.changed();
  }

  /** @param {number} minutes */
  step(minutes) {
    void this.to(this.at + minutes * MINUTE_MS);
  }

  /** @param {'queues' | 'agents'} tab */
  show(tab) {
    this.tab = tab;
    this.live.changed();
  }

  leave() {
    this.live.past = null;
    this.live.changed();
  }

  /** @param {string} action of a key */
  press(action) {
    if (action === 'earlier') this.leave();
    else if (action === 'queues' || action === 'agents') this.show(action);
  }

  page() {
    return pastPage(this);
  }

  /** @param {any} board */
  #stood(board) {
    const clock = /** @type {any} */ ({ now: () => board.as_of, local: () => 0 });
    const found = new Stood(clock, this.live.world, () => this.live.changed());
    found.bounds = this.live.bounds;
    // As it was sorted and searched: here at the instant before, at first on the live board.
    found.questions = (this.model ?? this.live).questions;
    found.connected = true;
    found.take(/** @type {any} */ ({ type: 'snapshot', board }));
    return found;
  }
}
