// @ts-check
/**
 * What the board adds to the server's figures: sums over rows, rates over time, age, verdicts.
 *
 * MUST NOT call anything well that is old, and MUST NOT make a figure up: unknown is null.
 */

/**
 * @typedef {import('./board_store.js').Row} Row
 * @typedef {import('./board_store.js').Board} Board
 * @typedef {{ready: boolean, reasons: string[]} | null} Ready what `/readyz` said, if asked
 * @typedef {'live' | 'late' | 'stale'} Age
 */

const LATE_MS = 2_000;
export const STALE_MS = 4_000;
const RATE_MS = 60_000;
const RATE_FROM_MS = 10_000;
const LEVEL_MS = 900_000;
const LEVEL_EVERY_MS = 10_000;
const LEVEL_FROM_MS = 60_000;

/** How old figures may be called. @param {number} ageMs @param {boolean} connected @returns {Age} */
export function ageOf(ageMs, connected) {
  if (!connected || ageMs > STALE_MS) return 'stale';
  return ageMs > LATE_MS ? 'late' : 'live';
}

/** @type {[key: string, text: string][]} every agent is in exactly one of them */
export const STANDS = [
  ['routable', 'Can get offers'],
  ['busy', 'Fully busy'],
  ['wrap_up', 'In wrap-up'],
  ['resting', 'Resting'],
  ['lost', 'Unreachable'],
  ['away', 'Away'],
  ['offline', 'Offline'],
];

/** Where an agent stands, the gravest reason first. @param {Row} agent */
export function standOf(agent) {
  if (agent.routable) return 'routable';
  if (agent.presence === 'offline') return 'offline';
  if (agent.presence !== 'available') return 'away';
  if (agent.connection !== 'connected') return 'lost';
  const why = agent.why_not ?? [];
  if (why.includes('wrap_up')) return 'wrap_up';
  if (why.includes('at_capacity') || why.includes('blocked')) return 'busy';
  return 'resting';
}

/** How many agents stand where. @param {Row[]} agents @returns {Record<string, number>} */
export function standing(agents) {
  const counts = Object.fromEntries(STANDS.map(([key]) => [key, 0]));
  for (const agent of agents) counts[standOf(agent)] += 1;
  return counts;
}

/** Parts of a whole in percent; null without a whole. @param {number} part @param {number} whole */
export const share = (part, whole) => (whole > 0 ? (100 * part) / whole : null);

/** Of those who are done, how many left unanswered, in percent. @param {any} row */
export const abandonRate = ({ answered, abandoned }) => share(abandoned, answered + abandoned);

/** Of the offers that were answered or missed, how many were accepted. @param {any} offers */
export function acceptRate(offers) {
  if (!offers) return null;
  return share(offers.accepted, offers.accepted + offers.declined + offers.timed_out);
}

/**
 * Counts per minute from totals that only grow: `samples` are of the last minute, oldest first.
 * @typedef {{at: number, total: number}} Sample
 * @param {Sample[]} samples
 * @param {number} at
 * @param {number} total
 * @returns {Sample[]}
 */
export function withSample(samples, at, total) {
  const last = samples.at(-1);
  if (!Number.isFinite(total) || (last && at - last.at < 500 && total >= last.total))
    return samples;
  // A total that shrank began anew: a day, or another server.
  const kept = last && total < last.total ? [] : samples.filter((one) => at - one.at <= RATE_MS);
  return [...kept, { at, total }];
}

/** @param {Sample[]} samples @returns {number | null} per minute; null: not watched for long enough */
export function perMinute(samples) {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at - first.at < RATE_FROM_MS) return null;
  return ((last.total - first.total) * 60_000) / (last.at - first.at);
}

/**
 * The service-level events that were judged by an instant, over all queues.
 * @typedef {{at: number, hits: number, judged: number}} Judged
 * @param {Judged[]} samples of the last quarter of an hour, oldest first
 * @param {number} at
 * @param {Row[]} queues
 * @returns {Judged[]}
 */
export function withJudged(samples, at, queues) {
  const last = samples.at(-1);
  if (last && at - last.at < LEVEL_EVERY_MS) return samples;
  let [hits, judged] = [0, 0];
  for (const { service_level: level } of queues) {
    hits += level?.hits ?? 0;
    judged += level?.judged ?? 0;
  }
  // One who leaves the queue late is judged no more; half of all are another day.
  const kept = last && judged < last.judged / 2 ? [] : samples;
  return [...kept.filter((one) => at - one.at <= LEVEL_MS), { at, hits, judged }];
}

/**
 * The service level of late, by event time: it falls at once when a queue stands.
 * @param {Judged[]} samples
 * @returns {{percent: number | null, ms: number} | null} null: not watched for long enough
 */
export function levelNow(samples) {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at - first.at < LEVEL_FROM_MS) return null;
  const percent = share(last.hits - first.hits, last.judged - first.judged);
  const bounded = percent === null ? null : Math.min(100, Math.max(0, percent));
  return { percent: bounded, ms: last.at - first.at };
}

const GRAVE = ['stalled', 'degraded', 'starved', 'paused', 'closed', 'ok'];

/** The smaller the graver. @param {Row} queue */
export const gravity = (queue) => GRAVE.indexOf(queue.health?.state ?? 'ok');

/**
 * The state of the whole floor in one word and one sentence.
 * @typedef {{state: 'unknown' | 'stalled' | 'degraded' | 'starved' | 'ok', text: string,
 *            since: number | null}} Verdict
 * @param {Board | null} board
 * @param {Row[]} incidents open ones
 * @param {Age} age
 * @param {Ready} ready
 * @returns {Verdict}
 */
export function verdictOf(board, incidents, age, ready) {
  if (!board) return { state: 'unknown', text: 'Nothing is known yet.', since: null };
  if (ready && !ready.ready) {
    const why = ready.reasons.join(' ') || 'The server says it is not ready.';
    return { state: 'unknown', text: why, since: null };
  }
  if (age === 'stale') {
    return { state: 'unknown', text: 'No fresh figures: what is below is old.', since: null };
  }
  const sick = board.queues.filter(({ health }) =>
    ['stalled', 'degraded', 'starved'].includes(health?.state),
  );
  sick.sort((a, b) => gravity(a) - gravity(b) || a.health.since - b.health.since);
  const [worst] = sick;
  if (worst) {
    const others = sick.length > 1 ? ` And ${sick.length - 1} more.` : '';
    const text = `${worst.health.text || worst.name}${others}`;
    return { state: worst.health.state, text, since: worst.health.since };
  }
  const open = incidents.filter(({ state }) => state === 'open');
  if (open.length > 0) return { state: 'degraded', text: open[0].text, since: open[0].since };
  const shut = board.queues.filter(({ health }) => ['paused', 'closed'].includes(health?.state));
  const rest = shut.length ? ` ${shut.length} paused, draining or closed.` : '';
  return { state: 'ok', text: `Nobody waits who could be served now.${rest}`, since: null };
}
