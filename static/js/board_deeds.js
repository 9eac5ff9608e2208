// @ts-check
/**
 * What a supervisor is about to do, did, and may take back.
 *
 * MUST NOT touch the page. The rule: nothing is shown as done before the server said so.
 */

import { ACTIONS, chosen } from './board_actions.js';
import { Reading, messageOf } from './board_reading.js';

/**
 * @typedef {import('./board_store.js').Row} Row
 * @typedef {import('./board_reading.js').World} World
 * @typedef {{name: string, subject: Row, said: Record<string, any>, busy: boolean, error: string,
 *            many?: {rows: Row[], done: number, failed: string[]}}} Act
 * @typedef {{id: number, at: number, text: string, bad: boolean,
 *            undo: import('./board_actions.js').Way | null}} Deed
 */

const AT_ONCE = 4;
const DEEDS_KEPT = 50;

export class Deeds extends Reading {
  /**
   * @param {import('./clock.js').ServerClock} clock
   * @param {World} world
   * @param {() => void} changed
   */
  constructor(clock, world, changed) {
    super(clock, world, changed);
    /** @type {Act | null} */
    this.act = null;
    /** @type {Deed[]} newest first */
    this.deeds = [];
    this.toast = 0;
    /** What the server tells this once: a new key. @type {{id: string, key: string} | null} */
    this.once = null;
  }

  /** No toast any more. */
  hush() {
    this.toast = 0;
    this.changed();
  }

  /** Ask before doing. @param {string} name @param {Row} subject @param {Record<string, any>} [said] */
  ask(name, subject, said = {}) {
    const fields = ACTIONS[name].fields?.(subject) ?? [];
    const preset = Object.fromEntries(fields.map((field) => [field.name, field.value ?? '']));
    this.act = { name, subject, said: { reason: '', ...preset, ...said }, busy: false, error: '' };
    this.changed();
  }

  /** Ask before writing to agents; who could read it at once is told. @param {{queue?: string, agent?: string}} to */
  askMessage(to) {
    const { queue, agent } = to;
    const meant = (this.state.board?.agents ?? []).filter(
      ({ id, connection, queues }) =>
        connection === 'connected' &&
        (agent ? id === agent : !queue || (queues ?? []).includes(queue)),
    );
    this.ask('message', { id: '', ...to, reach: meant.length });
  }

  /** Ask before moving many. @param {Row} queue @param {Row[]} rows */
  askMany(queue, rows) {
    const said = { reason: '', queue: '', keep_wait: true, state: 'waiting' };
    const many = { rows, done: 0, failed: [] };
    this.act = { name: 'move', subject: queue, said, busy: false, error: '', many };
    this.changed();
  }

  /** @param {string} name @param {any} value */
  say(name, value) {
    if (this.act) this.act.said = { ...this.act.said, [name]: value };
    this.changed();
  }

  cancel() {
    if (this.act?.busy) return;
    this.act = null;
    this.changed();
  }

  /** Carry out what was asked for; what the server says decides. */
  async confirm() {
    const act = this.act;
    if (!act || act.busy) return;
    act.busy = true;
    act.error = '';
    this.changed();
    if (act.many) await this.#doMany(act);
    else act.error = await this.#doOne(act.name, act.subject, act.said);
    act.busy = false;
    if (!act.error && this.act === act) this.act = null;
    this.changed();
    void this.refresh();
  }

  /**
   * @param {string} name
   * @param {Row} subject
   * @param {Record<string, any>} said
   * @param {boolean} [quiet] one of many: told together
   * @returns {Promise<string>} what went wrong
   */
  async #doOne(name, subject, said, quiet = false) {
    const action = ACTIONS[name];
    const { method, path, body } = action.request(subject, said);
    try {
      const answer = await this.world.call(method, path, body);
      if (answer?.key) this.once = { id: answer.id, key: answer.key };
      else if (this.once?.id === subject.id) this.once = null;
      if (!quiet) this.#note(action.done(subject, said), action.undo(subject, said, answer));
      return '';
    } catch (problem) {
      return messageOf(problem);
    }
  }

  /** @param {Act} act */
  async #doMany(act) {
    const many = act.many;
    if (!many) return;
    const rest = chosen(many.rows, act.said, this.clock.now());
    const moved = /** @type {Row[]} */ ([]);
    const work = async () => {
      for (let one = rest.shift(); one; one = rest.shift()) {
        const { method, path, body } = ACTIONS.move.request(one, act.said);
        try {
          await this.world.call(method, path, body);
          moved.push(one);
        } catch (problem) {
          many.failed.push(`${one.id}: ${messageOf(problem)}`);
        }
        many.done += 1;
        this.changed();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (moved.length > 0) {
      const text = `Moved ${moved.length} from ${act.subject.name} to ${act.said.queue}`;
      const back = {
        action: 'move',
        subject: { id: '', rows: moved },
        said: { queue: act.subject.id, keep_wait: true },
      };
      this.#note(text, back);
    }
    if (many.failed.length > 0)
      act.error = `${many.failed.length} could not be moved. ${many.failed.slice(0, 3).join('; ')}`;
  }

  /** Take a deed back; the way back is an action with an audit of its own. @param {Deed} deed */
  async undo(deed) {
    const back = deed.undo;
    if (!back) return;
    deed.undo = null;
    const said = { ...back.said, reason: `undo: ${deed.text}`.slice(0, 200) };
    const rows = back.subject.rows ?? [back.subject];
    const errors = [];
    for (const one of rows) {
      const error = await this.#doOne(back.action, one, said, rows.length > 1);
      if (error) errors.push(error);
    }
    const count = rows.length - errors.length;
    if (rows.length > 1) this.#note(`Took back ${count} of ${rows.length}: ${deed.text}`, null);
    if (errors.length > 0) this.#note(`Not taken back: ${errors[0]}`, null, true);
    this.changed();
    void this.refresh();
  }

  /** Something went wrong on this page. @param {string} text */
  tell(text) {
    this.#note(text, null, true);
    this.changed();
  }

  /** @param {string} text @param {any} undo @param {boolean} [bad] */
  #note(text, undo, bad = false) {
    const id = (this.deeds[0]?.id ?? 0) + 1;
    this.deeds = [{ id, at: this.clock.now(), text, bad, undo }, ...this.deeds].slice(
      0,
      DEEDS_KEPT,
    );
    this.toast = id;
  }
}
