// @ts-check
/**
 * The course of the day as series for charts, beside the day before, and in words.
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

export const DAY_MS = 86_400_000;

/**
 * Columns for a chart: instants in seconds, then a list for each series and, for a single one, its
 * day before.
 * @param {Chart} chart
 * @param {Day} day
 * @param {Day | null} before
 * @returns {(number | null)[][]}
 */
export function columnsOf(chart, day, before) {
  const at = instants(day);
  const columns = chart.series.map(([, , pick]) => placed(at, day, pick(day), 0));
  if (chart.series.length === 1 && before) {
    columns.push(placed(at, before, chart.series[0][2](before), DAY_MS));
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
