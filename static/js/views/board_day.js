// @ts-check
/**
 * The course of the day: four charts, their words, and the table of it.
 *
 * MUST NOT keep a chart that is not on the page: a long day would fill the memory. uPlot draws on
 * canvas and styles through the object model, so the content policy holds.
 */

import { CHARTS, columnsOf, inWords } from '../board_day.js';
import { ageText, clockText } from '../board_words.js';
import { addressOf } from '../board_world.js';
import { html, nothing } from '../vendor.js';
import { lamp } from './lamps.js';

/** @typedef {import('../board_model.js').BoardModel} BoardModel */

const HEIGHT = 190;
const DASHES = [[], [6, 3], [2, 3], [10, 3, 2, 3]];
const COLOURS = ['--shunt', '--clear', '--caution', '--ink-soft'];

/** @param {BoardModel} model */
export function dayPage(model) {
  const held = model.got('day');
  const { day, before } = held.data ?? {};
  const queues = model.state.board?.queues ?? [];
  return html`<div class="filters">
      <label class="label inline"
        >Of
        <select
          class="field"
          @change=${(/** @type {any} */ event) => model.lookAt(event.target.value)}
        >
          <option value="">all queues</option>
          ${queues
            .slice(0, 500)
            .map(
              ({ id, name }) =>
                html`<option value=${id} ?selected=${id === model.dayOf}>${name || id}</option>`,
            )}
        </select>
      </label>
      <p class="note">
        ${held.error
          ? html`${lamp('stop')} ${held.error}`
          : held.at
            ? `As of ${ageText(model.clock.now() - held.at)}.`
            : 'Asking the server…'}
        ${day?.being_read_back
          ? 'The server was started lately: what was before is being read back.'
          : day?.since
            ? `Known since ${new Date(day.since).toDateString()}, ${clockText(day.since).slice(0, 5)}.`
            : ''}
        ${before?.day.at.length
          ? `Thin dashed line: ${before.name}.`
          : day
            ? 'Nothing is known of yesterday or a week ago.'
            : ''}
      </p>
      <a class="button small" href=${addressOf('v1/history.csv')} download="interlock-history.csv"
        >CSV of all queues</a
      >
    </div>
    ${day && day.at.length === 0
      ? html`<p class="card empty">
          The first ${model.dayOf ? 'quarter of an hour' : 'minute'} is not over yet.
        </p>`
      : nothing}
    <div class="charts" ?hidden=${!day?.at.length}>
      ${CHARTS.filter(({ id }) => id !== 'agents' || !model.dayOf).map(
        (chart) =>
          html`<figure class="card chart">
            <figcaption>
              <h3>${chart.title}</h3>
              <p class="note">${day?.at.length ? inWords(chart, day) : ''}</p>
              ${chart.series.length > 1 ? legend(chart) : nothing}
            </figcaption>
            <div class="plot" data-plot=${chart.id} aria-hidden="true"></div>
          </figure>`,
      )}
    </div>`;
}

/** @param {import('../board_day.js').Chart} chart */
const legend = (chart) =>
  html`<ul class="legend">
    ${chart.series.map(
      ([, title], index) =>
        html`<li>
          <svg viewBox="0 0 28 8" width="28" height="8" aria-hidden="true">
            <path
              class="line-${index}"
              d="M1 4h26"
              stroke-dasharray=${DASHES[index].join(' ') || 'none'}
            /></svg
          >${title}
        </li>`,
    )}
  </ul>`;

/** @type {Map<string, {plot: any, box: Element, of: any, width: number, dark: boolean}>} */
const drawn = new Map();

/** Bring the charts in line with the page; call after it was drawn. @param {BoardModel} model */
export function drawCharts(model) {
  const data = model.got('day').data;
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  for (const chart of CHARTS) {
    const box = document.querySelector(`[data-plot="${chart.id}"]`);
    const known = drawn.get(chart.id);
    const width = Math.floor(box?.clientWidth ?? 0);
    const fits =
      known &&
      known.box === box &&
      known.of === data &&
      known.width === width &&
      known.dark === dark;
    if (fits) continue;
    known?.plot.destroy();
    drawn.delete(chart.id);
    if (!box || !data?.day?.at.length || width === 0) continue;
    const plot = plotOf(chart, data, box, width);
    drawn.set(chart.id, { plot, box, of: data, width, dark });
  }
}

/** @param {import('../board_day.js').Chart} chart @param {any} data @param {Element} box @param {number} width */
function plotOf(chart, data, box, width) {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => {
    const probe = document.createElement('span');
    probe.style.color = style.getPropertyValue(name) ? `var(${name})` : 'currentColor';
    box.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const columns = columnsOf(chart, data.day, data.before?.day.at.length ? data.before : null);
  const ink = colour('--ink-soft');
  const grid = { stroke: colour('--edge'), width: 1 };
  const axis = { stroke: ink, grid, ticks: grid, font: '12px system-ui, sans-serif' };
  const lines = columns.slice(1).map((_, index) => {
    const isBefore = chart.series.length === 1 && index === 1;
    return {
      stroke: isBefore ? ink : colour(COLOURS[index]),
      width: isBefore ? 1 : 2,
      dash: isBefore ? [3, 3] : DASHES[index],
      fill: chart.series.length === 1 && !isBefore ? faint(colour('--shunt')) : undefined,
      points: { show: columns[0].length < 3 },
    };
  });
  const options = {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: true, y: false } },
    scales: {
      x: { range: atLeastHalfAnHour },
      y: {
        range:
          chart.unit === '%'
            ? [0, 102]
            : (
                /** @type {any} */ _plot,
                /** @type {number} */ _low,
                /** @type {number} */ high,
              ) => [0, Math.max(1, high * 1.1)],
      },
    },
    series: [{}, ...lines],
    axes: [
      { ...axis, values: clockTicks },
      { ...axis, size: 42 },
    ],
  };
  // @ts-ignore: a classic script beside this one, see board.html
  return new globalThis.uPlot(options, columns, box);
}

/**
 * A young day is not stretched; of a single minute uPlot would make years.
 * @param {any} plot @param {number} from seconds @param {number} to
 */
const atLeastHalfAnHour = (plot, from, to) => [
  from,
  Math.max(Math.min(to, plot.data[0].at(-1)), from + 1_800),
];

/** @param {any} _plot @param {number[]} ticks seconds */
const clockTicks = (_plot, ticks) => ticks.map((tick) => clockText(tick * 1000).slice(0, 5));

/** The same colour, hardly there. @param {string} rgb as a browser computes it */
const faint = (rgb) => rgb.replace('rgb(', 'rgba(').replace(')', ', 0.12)');
