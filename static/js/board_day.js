// @ts-check
/**
 * The course of the day as series for charts, beside its reference day, and in words.
 *
 * MUST NOT draw a line through a time that nobody saw: it is a gap.
 */

import { clockText, figure, percent } from './board_words.js';

/**
 * @typedef {{every_ms: number, since: number | null, at: number[], [series: string]: any}} Day
 * @typedef {{id: string, title: string, unit: string, series: [key: string, title: string, pick:
 *            (day: Day) => (number | null)[]][], peak: 'max' | 'min'}} Chart
 */

/** @type {Chart[]} */
export const CHARTS = [
  {
    id: 'waiting',
    title: 'Waiting',
    unit: '',
    peak: 'max',
    series: [['waiting', 'Waiting', (day) => day.waiting]],
  },
  {
    id: 'level',
    title: 'Service level, by event time',
    unit: '%',
    peak: 'min',
    series: [['level', 'Service level', (day) => day.service_level]],
  },
  {
    id: 'offers',
    title: 'Offers a minute',
    unit: '',
    peak: 'max',
    series: [
      [
        'offers',
        'Offers',
        (day) => day.offers.map((/** @type {number} */ count) => (count * 60_000) / day.every_ms),
      ],
    ],
  },
  {
    id: 'agents',
    title: 'Agents by state',
    unit: '',
    peak: 'max',
    series: [
      ['free', 'Free', (day) => day.agents?.free ?? []],
      ['working', 'Working', (day) => day.agents?.working ?? []],
      ['unreachable', 'Unreachable', (day) => day.agents?.unreachable ?? []],
      ['away', 'Away', (day) => day.agents?.away ?? []],
    ],
  },
];

/**
 * The reference: the same weekday a week before if half as much is known of it as of yesterday,
 * else yesterday. `shift`: how much later today's instants are.
 * @typedef {{day: Day, shift: number, name: string, until: number}} Reference
 */

export const DAY_MS = 86_400_000;
const AHEAD_MS = 3_600_000;

/**
 * The last day, and the reference it is held against.
 * @param {(until: number) => Promise<Day>} ask for the day that ends there
 * @param {number} now
 * @param {Reference | null} former good for a while
 */
export async function readDays(ask, now, former) {
  if (former?.day.at.length && now < former.until) return { day: await ask(now), before: former };
  const days = [7, 1].map((days) => now - daysBefore(now, days));
  const [day, week, yesterday] = await Promise.all([
    ask(now),
    ...days.map((shift) => ask(now - shift + AHEAD_MS)),
  ]);
  const isWeek = week.at.length > 0 && 2 * week.at.length >= yesterday.at.length;
  /** @type {Reference} */
  const before = {
    day: isWeek ? week : yesterday,
    shift: days[isWeek ? 0 : 1],
    name: isWeek ? `last ${weekday(now - days[0])}` : 'yesterday',
    until: day.being_read_back ? 0 : now + AHEAD_MS,
  };
  return { day, before };
}

/** The same time by the clock on the wall. @param {number} now @param {number} days */
function daysBefore(now, days) {
  const then = new Date(now);
  then.setDate(then.getDate() - days);
  return then.getTime();
}

/** @param {number} at */
const weekday = (at) => new Intl.DateTimeFormat('en', { weekday: 'long' }).format(at);

/**
 * Columns for a chart: instants in seconds, then a list for each series and, for a single one, its
 * reference.
 * @param {Chart} chart
 * @param {Day} day
 * @param {Reference | null} before
 * @returns {(number | null)[][]}
 */
export function columnsOf(chart, day, before) {
  const at = instants(day);
  const columns = chart.series.map(([, , pick]) => placed(at, day, pick(day), 0));
  if (chart.series.length === 1 && before) {
    columns.push(placed(at, before.day, chart.series[0][2](before.day), before.shift));
  }
  return [at.map((ms) => ms / 1000), ...columns];
}

/** Every interval from the first to the last. @param {Day} day */
function instants(day) {
  const all = [];
  const last = day.at.at(-1) ?? 0;
  for (let at = day.at[0] ?? 1; at <= last; at += day.every_ms) all.push(at);
  return all;
}

/** @param {number[]} at @param {Day} day @param {(number | null)[]} values @param {number} later */
function placed(at, day, values, later) {
  const known = new Map(day.at.map((ms, index) => [ms + later, values[index] ?? null]));
  return at.map((ms) => known.get(ms) ?? null);
}

/**
 * What a chart shows, for those who cannot see it.
 * @param {Chart} chart
 * @param {Day} day
 */
export function inWords(chart, day) {
  const told = (/** @type {number | null} */ value) =>
    chart.unit === '%' ? percent(value) : figure(value);
  const parts = chart.series.map(([, title, pick]) => {
    const values = pick(day);
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return `${title}: nothing yet`;
    const best = chart.peak === 'max' ? Math.max(...known) : Math.min(...known);
    const when = clockText(day.at[values.indexOf(best)]).slice(0, 5);
    return `${title}: ${told(known.at(-1) ?? null)} now, ${chart.peak === 'max' ? 'at most' : 'at least'} ${told(best)} at ${when}`;
  });
  return `${parts.join('. ')}.`;
}
