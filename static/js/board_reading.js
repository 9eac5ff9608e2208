// @ts-check
/**
 * What the board fetches beside the feed, each piece with the time it was true at.
 *
 * MUST NOT show an old answer as a new one: a failed call keeps what was known, its time and the
 * error.
 */

import { HttpProblem } from './api.js';
import { DAY_MS, readDays } from './board_day.js';
import { NO_BOARD, withIncidents } from './board_store.js';

/**
 * @typedef {import('./board_store.js').Row} Row
 * @typedef {'queue' | 'agent' | 'conversation' | 'incident' | 'limits' | 'keys' | 'log' | 'messages'
 *   | 'links'} Kind
 * @typedef {{kind: Kind, id: string}} Place what a drawer shows
 * @typedef {{data: any, at: number, error: string}} Held `at`: server time of the answer
 * @typedef {{call: (method: string, path: string, body?: object) => Promise<any>,
 *            read: (key: string) => any, write: (key: string, value: any) => void}} World
 */

const HELD_MAX = 60;
const ESTIMATES_MAX = 30;
const READ_AGAIN_MS = 3_000;

export class Reading {
  /**
   * @param {import('./clock.js').ServerClock} clock
   * @param {World} world
   * @param {() => void} changed draw soon
   */
  constructor(clock, world, changed) {
    this.clock = clock;
    this.world = world;
    this.changed = changed;
    this.state = NO_BOARD;
    this.role = 'supervisor';
    /** @type {string} */
    this.tab = 'queues';
    this.wall = false;
    /** @type {Place[]} the last one is on top */
    this.places = [];
    /** @type {Map<string, Held>} */
    this.held = new Map();
    /** @type {Record<string, string[]>} ids of the rows that are drawn */
    this.seen = {};
    this.dayOf = '';
  }

  get place() {
    return this.places.at(-1) ?? null;
  }

  /** What the feed does not tell from its beginning. */
  async afterSnapshot() {
    await Promise.all([this.fetch('v1/incidents?state=open&limit=200'), this.estimate()]);
  }

  /** How long the next one would wait, for the queues that are on the screen. */
  async estimate() {
    const ids = (this.seen.queues ?? this.state.board?.queues.map(({ id }) => id) ?? []).slice(
      0,
      ESTIMATES_MAX,
    );
    if (ids.length === 0 || this.tab !== 'queues' || this.wall) return;
    try {
      const told = await this.world.call(
        'GET',
        `v1/estimates?queues=${ids.map(encodeURIComponent).join(',')}`,
      );
      const data = Object.fromEntries(
        told.estimates.map((/** @type {any} */ one) => [one.queue, one.estimated_wait]),
      );
      this.held.set('estimates', { data, at: told.as_of, error: '' });
    } catch (problem) {
      // An estimate that cannot be had is unknown, not the last one.
      this.held.set('estimates', { data: null, at: 0, error: messageOf(problem) });
    }
    this.changed();
  }

  /** @param {string} queue empty: all together */
  lookAt(queue) {
    this.dayOf = queue;
    this.held.delete('day');
    this.changed();
    void this.readDay();
  }

  /** The course of the day and of its reference. */
  async readDay() {
    if (this.tab !== 'day' || this.wall) return;
    const of = this.dayOf;
    const now = Math.floor(this.clock.now());
    const query = of ? `&queue=${encodeURIComponent(of)}` : '';
    const ask = (/** @type {number} */ until) =>
      this.world.call('GET', `v1/history?from=${until - DAY_MS}&until=${until}${query}`);
    try {
      const data = await readDays(ask, now, this.got('day').data?.before ?? null);
      if (of === this.dayOf) this.held.set('day', { data, at: this.clock.now(), error: '' });
      if (data.day.being_read_back) setTimeout(() => void this.readDay(), READ_AGAIN_MS);
    } catch (problem) {
      const former = this.got('day');
      this.held.set('day', { ...former, error: messageOf(problem) });
    }
    this.changed();
  }

  /** Fetch what the open drawer or the tab needs that the feed does not tell. */
  async refresh() {
    const paths = [...pathsOf(this.place, this.role), ...(PATHS_OF_TAB[this.tab] ?? [])];
    await Promise.all(paths.map((path) => this.fetch(path)));
  }

  /** @param {string} path */
  async fetch(path) {
    try {
      const data = await this.world.call('GET', path);
      this.held.delete(path);
      this.held.set(path, { data, at: this.clock.now(), error: '' });
      for (const old of [...this.held.keys()].slice(0, -HELD_MAX)) this.held.delete(old);
      if (path.startsWith('v1/incidents')) this.#takeIncidents(data);
    } catch (problem) {
      const former = this.held.get(path);
      const error = messageOf(problem);
      this.held.set(path, { data: former?.data ?? null, at: former?.at ?? 0, error });
    }
    this.changed();
  }

  /** @param {any} data a list, or one */
  #takeIncidents(data) {
    const list = data.incidents ?? (data.cause ? [data] : []);
    this.state = { ...this.state, incidents: withIncidents(this.state.incidents, list) };
  }

  /** What was fetched from a path. @param {string} path @returns {Held} */
  got(path) {
    return this.held.get(path) ?? { data: null, at: 0, error: '' };
  }
}

/** @type {Record<string, string[]>} */
const PATHS_OF_TAB = {
  quarantine: ['v1/quarantine'],
  incidents: ['v1/incidents?limit=100'],
  changes: ['v1/config/history?limit=50'],
};

/** @param {Place | null} place @param {string} role @returns {string[]} */
function pathsOf(place, role) {
  if (!place) return [];
  const id = encodeURIComponent(place.id);
  switch (place.kind) {
    case 'queue':
      return [`v1/conversations?queue=${id}&limit=200`];
    case 'agent':
      return [
        `v1/agents/${id}`,
        `v1/agents/${id}/offers?limit=20`,
        `v1/conversations?agent=${id}&limit=50`,
      ];
    case 'conversation':
      return [
        `v1/conversations/${id}`,
        `v1/conversations/${id}/timeline?limit=1000`,
        `v1/conversations/${id}/explain`,
      ];
    case 'incident':
      return [`v1/incidents/${id}`];
    case 'messages':
      return ['v1/broadcasts'];
    case 'links':
      return role === 'admin' ? ['v1/keys'] : [];
    default:
      return [];
  }
}

/** @param {unknown} problem */
export function messageOf(problem) {
  if (problem instanceof HttpProblem) return problem.message;
  throw problem;
}
