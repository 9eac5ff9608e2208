// @ts-check
/**
 * The agent's own day, asked from the server: offers, what became of them, and why.
 *
 * MUST NOT count by itself: figures come from the server's list, so that a reload or another
 * device changes nothing. Asked when somebody looks, never in the background.
 */

import { HttpProblem, call } from './api.js';
import { signal } from './signal.js';

const LIST = 200;

/**
 * @typedef {{id: string, conversation: string, queue: string, channel: string, state: string,
 *            reason: string, made_at: number, answered_in_ms: number | null, waited_ms: number,
 *            why: any}} DayOffer
 * @typedef {{offers: number, accepted: number, declined: number, missed: number, other: number,
 *            typicalMs: number | null}} Figures `typicalMs`: the middle time to accept
 * @typedef {{sentence: string, facts: string[]}} Why
 */

/** When the day of this person began, in ms. @param {number} now */
export const midnight = (now) => new Date(now).setHours(0, 0, 0, 0);

/** @param {DayOffer[]} offers @param {number} since ms @returns {Figures} */
export function figuresOf(offers, since) {
  const today = offers.filter(({ made_at }) => made_at >= since);
  /** @param {string} state */
  const count = (state) => today.filter((offer) => offer.state === state).length;
  const [accepted, declined, missed] = ['accepted', 'declined', 'timed_out'].map(count);
  const times = today
    .filter(({ state }) => state === 'accepted')
    .map(({ answered_in_ms }) => answered_in_ms ?? 0)
    .sort((a, b) => a - b);
  return {
    offers: today.length,
    accepted,
    declined,
    missed,
    other: today.length - accepted - declined - missed,
    typicalMs: times.length > 0 ? times[Math.floor((times.length - 1) / 2)] : null,
  };
}

/**
 * The server's explanation, short.
 * @param {any} explanation
 * @returns {Why}
 */
export function whyOf({ sentence, members = [], offers = [] }) {
  /** @param {any[]} list */
  const texts = (list) =>
    list.flatMap(({ reasons = [] }) => reasons.map((/** @type {any} */ r) => r.text));
  const mine = offers.filter((/** @type {any} */ { agent }) => agent);
  const facts = [
    ...mine.map((/** @type {any} */ { state }) => `offered to you: ${state}`),
    ...texts(members).map((text) => `now: ${text}`),
    ...texts(offers).map((text) => `when a colleague was asked: ${text}`),
  ];
  return { sentence, facts: [...new Set(facts)] };
}

export class Day {
  /** @param {string} agent @param {typeof call} [ask] */
  constructor(agent, ask = call) {
    this.agent = agent;
    this.ask = ask;
    /** @type {import('./signal.js').Signal<DayOffer[] | null>} null: not here yet */
    this.offers = signal(/** @type {DayOffer[] | null} */ (null));
    this.trouble = signal('');
    /** @type {import('./signal.js').Signal<Record<string, Why>>} by conversation */
    this.whys = signal({});
  }

  /** Ask for the list anew; what is shown stays until it is here. */
  async load() {
    this.trouble.value = '';
    await this.#try(async () => {
      const path = `v1/agents/${encodeURIComponent(this.agent)}/offers?limit=${LIST}`;
      this.offers.value = (await this.ask('GET', path)).offers;
    });
  }

  /** @param {string} conversation why it was, or was not, offered to this agent */
  async explain(conversation) {
    this.#note(conversation, { sentence: 'Asking…', facts: [] });
    const path = `v1/conversations/${encodeURIComponent(conversation)}/explain`;
    try {
      this.#note(conversation, whyOf(await this.ask('GET', path)));
    } catch (problem) {
      if (!(problem instanceof HttpProblem)) throw problem;
      const text =
        problem.status === 404 ? 'No such conversation in your queues.' : problem.message;
      this.#note(conversation, { sentence: text, facts: [] });
    }
  }

  /** @param {string} conversation @param {Why} why */
  #note(conversation, why) {
    this.whys.value = { ...this.whys.value, [conversation]: why };
  }

  /** @param {() => Promise<void>} ask */
  async #try(ask) {
    try {
      await ask();
    } catch (problem) {
      if (!(problem instanceof HttpProblem)) throw problem;
      this.trouble.value = problem.message;
    }
  }
}
