// @ts-check
/**
 * What the supervisor looks at and is about to do: everything on the board that is not the feed.
 *
 * MUST NOT touch the page. The rule: nothing is shown as done before the server said so, and what
 * was fetched is kept with the time it was fetched at.
 */

import { Deeds } from './board_deeds.js';
import {
  acceptRate,
  ageOf,
  levelNow,
  perMinute,
  standing,
  verdictOf,
  withJudged,
  withSample,
} from './board_figures.js';
import { boundsFrom, levelsOf, measured } from './board_levels.js';
import { foldBoard, oldestWait, rowOf } from './board_store.js';
import { healthText } from './board_words.js';

/**
 * @typedef {import('./board_store.js').Row} Row
 * @typedef {import('./board_reading.js').Place} Place
 * @typedef {import('./board_reading.js').Held} Held
 * @typedef {import('./board_reading.js').World} World
 * @typedef {import('./board_deeds.js').Act} Act
 */

export const TABS = /** @type {const} */ ([
  'queues',
  'agents',
  'incidents',
  'quarantine',
  'day',
  'changes',
]);

export class BoardModel extends Deeds {
  /**
   * @param {import('./clock.js').ServerClock} clock
   * @param {World} world
   * @param {() => void} changed draw soon
   */
  constructor(clock, world, changed) {
    super(clock, world, changed);
    this.connected = false;
    /** @type {import('./board_figures.js').Ready} */
    this.ready = null;
    this.questions = {
      queues: { text: '', only: 'all', sort: 'worst', down: false },
      agents: { text: '', only: 'all', sort: 'name', down: false },
    };
    /** @type {import('./board_figures.js').Sample[]} */
    this.offers = [];
    /** @type {import('./board_figures.js').Judged[]} */
    this.judgedLately = [];
    this.bounds = boundsFrom(world.read('limits'));
    /** @type {Map<string, import('./board_levels.js').Levels>} */
    this.levels = new Map();
    this.allAlarms = false;
    this.judged = { asked: /** @type {any[]} */ ([]), found: verdictOf(null, [], 'stale', null) };
    this.stands = { agents: /** @type {any} */ (null), counts: standing([]) };
    /** The past, while it is looked at. @type {import('./past.js').Past | null} */
    this.past = null;
    /** A wallboard that was opened by its link. @type {'' | 'good' | 'void'} */
    this.link = '';
    /** When the sign-in of this browser ends, in server time; 0: never, or not known. */
    this.endsAt = 0;
    this.signInError = '';
    this.wasFrozen = '';
    /** What a screen reader is told. */
    this.news = '';
    this.heard = '';
    /** @type {(table: 'queues' | 'agents') => void} */
    this.save = () => {};
    /** Something stands still, or nobody knows. @type {() => void} */
    this.alarm = () => {};
    /** @type {(wall: boolean) => void} the address tells which it is */
    this.shows = () => {};
  }

  /** Who has frozen repairs until when; null when they go on. */
  get frozen() {
    const found = this.state.board?.repairs_frozen;
    const left_ms = found ? found.until - this.clock.now() : 0;
    return left_ms > 0 ? { id: 'repairs', ...found, left_ms } : null;
  }

  /** Freeze the repairs, or let them go on. */
  askRepairs() {
    if (this.frozen) this.ask('thaw', this.frozen);
    else this.ask('freeze', { id: '' });
  }

  #hearRepairs() {
    const { frozen } = this;
    const now = frozen ? `Repairs are frozen by ${frozen.by}: ${frozen.reason}` : '';
    if (now === this.wasFrozen) return;
    this.wasFrozen = now;
    this.news = now || 'Repairs go on.';
  }

  /** Say in words when the floor changes its state, once. */
  hear() {
    this.#hearRepairs();
    const { state, text } = this.verdict;
    const key = state === 'unknown' && !this.state.board ? '' : state;
    if (key === this.heard) return;
    const first = this.heard === '';
    this.heard = key;
    if (!first || key !== 'ok') this.news = `${healthText(state)}. ${text}`;
    if (key === 'stalled' || key === 'unknown') this.alarm();
  }

  /** @param {'queues' | 'agents'} table */
  download(table) {
    this.save(table);
  }

  /** @param {string} tab */
  show(tab) {
    this.tab = tab;
    this.changed();
    void this.refresh();
    if (tab === 'day') void this.readDay();
    if (tab === 'queues') void this.estimate();
  }

  /** Look at the board as it was. */
  async goBack() {
    try {
      const { Past } = await import('./past.js');
      this.past ??= new Past(this);
    } catch (problem) {
      if (!(problem instanceof TypeError)) throw problem;
      this.tell('This part could not be loaded. Reload when the server is back.');
    }
  }

  toggleWall() {
    this.wall = !this.wall;
    this.shows(this.wall);
    this.changed();
  }

  /** @param {import('./wire.js').Push} push */
  take(push) {
    this.state = foldBoard(this.state, push);
    const { board } = this.state;
    if (!board || (push.type !== 'snapshot' && push.type !== 'delta')) return;
    this.offers = withSample(this.offers, board.as_of, board.totals.offers?.made);
    this.judgedLately = withJudged(this.judgedLately, board.as_of, board.queues);
    this.#measure(board);
  }

  /** @param {import('./board_store.js').Board} board */
  #measure(board) {
    const levels = new Map();
    for (const queue of board.queues) {
      const values = measured(queue, oldestWait(board, queue, board.as_of), board.as_of);
      const found = levelsOf(values, this.bounds, this.levels.get(queue.id));
      if (Object.keys(found).length > 0) levels.set(queue.id, found);
    }
    this.levels = levels;
  }

  /** @param {any} bounds */
  bound(bounds) {
    this.bounds = boundsFrom(bounds);
    this.world.write('limits', this.bounds);
    this.levels = new Map();
    if (this.state.board) this.#measure(this.state.board);
    this.changed();
  }

  /** Milliseconds since the figures were true. */
  get ageMs() {
    const { board } = this.state;
    return board ? Math.max(0, this.clock.now() - board.as_of) : Infinity;
  }

  get age() {
    return ageOf(this.ageMs, this.connected);
  }

  get openIncidents() {
    return this.state.incidents.filter(({ state }) => state !== 'resolved');
  }

  get verdict() {
    const asked = [this.state.board, this.state.incidents, this.age, this.ready];
    if (asked.some((part, index) => part !== this.judged.asked[index])) {
      const found = verdictOf(this.state.board, this.openIncidents, this.age, this.ready);
      this.judged = { asked, found };
    }
    return this.judged.found;
  }

  get figures() {
    const board = this.state.board;
    if (board && this.stands.agents !== board.agents)
      this.stands = { agents: board.agents, counts: standing(board.agents) };
    return {
      perMinute: perMinute(this.offers),
      levelNow: levelNow(this.judgedLately),
      acceptRate: acceptRate(board?.totals.offers),
      stands: this.stands.counts,
    };
  }

  get isAdmin() {
    return this.role === 'admin';
  }

  /** @param {string} id */
  queue(id) {
    return this.state.board ? rowOf(this.state.board.queues, id) : undefined;
  }

  /** @param {string} id */
  agent(id) {
    return this.state.board ? rowOf(this.state.board.agents, id) : undefined;
  }

  /** @param {Place['kind']} kind @param {string} [id] @param {boolean} [over] keep what is open */
  open(kind, id = '', over = false) {
    this.places = [...(over ? this.places : []), { kind, id }];
    this.changed();
    void this.refresh();
  }

  /** Close the drawer, or the top one of several. @param {boolean} [all] */
  close(all = true) {
    this.once = null;
    this.places = all ? [] : this.places.slice(0, -1);
    this.changed();
    if (this.places.length > 0) void this.refresh();
  }
}
