// @ts-check
/**
 * A table of any length: a filter, sortable headings, and only those rows that are on the screen.
 *
 * MUST NOT re-order rows under the pointer or the focus. Rows have one height, which the style
 * sheet sets and this file measures.
 */

import { STANDS, standOf } from '../board_figures.js';
import { worst } from '../board_levels.js';
import { found, keepOrder, sorted, windowOf } from '../board_rows.js';
import { figure } from '../board_words.js';
import { html, nothing, repeat } from '../vendor.js';
import { AGENT_COLUMNS, QUEUE_COLUMNS } from './board_tables.js';

/**
 * @typedef {import('../board_model.js').BoardModel} BoardModel
 * @typedef {import('../board_store.js').Row} Row
 * @typedef {import('./board_tables.js').Column} Column
 * @typedef {'queues' | 'agents'} Table
 * @typedef {(row: Row, model: BoardModel) => boolean} Test
 * @typedef {[key: string, text: string, test: Test][]} Filters
 */

const ROW_REM = 3;
const ORDER_HELD_MS = 2_000;

/** @param {Row} row @param {BoardModel} model */
const isSick = (row, model) =>
  row.health?.state !== 'ok' || worst(model.levels.get(row.id) ?? {}) > 0;

/** @type {Record<Table, {title: string, one: 'queue' | 'agent', columns: Column[], filters: Filters}>} */
export const GRIDS = {
  queues: {
    title: 'Queues',
    one: 'queue',
    columns: QUEUE_COLUMNS,
    filters: [
      ['all', 'All', () => true],
      ['sick', 'Needs attention', (row, model) => isSick(row, model)],
      ['waiting', 'Somebody waits', (row) => row.waiting > 0],
    ],
  },
  agents: {
    title: 'Agents',
    one: 'agent',
    columns: AGENT_COLUMNS,
    filters: [
      ['all', 'All', () => true],
      ...STANDS.map(
        ([key, text]) =>
          /** @type {[string, string, Test]} */ ([key, text, (row) => standOf(row) === key]),
      ),
    ],
  },
};

/**
 * What each table last showed.
 * @typedef {{top: number, order: string[], rows: Row[], of: Row[] | null, levels: any, at: number,
 *            asked: string, sick: number}} Shown
 */
/** @type {Shown} */
const NOTHING = { top: 0, order: [], rows: [], of: null, levels: null, at: 0, asked: '', sick: 0 };
/** @type {Record<string, Shown>} */
const shown = { queues: { ...NOTHING }, agents: { ...NOTHING } };

/** @param {string} id */
const box = (id) => /** @type {HTMLElement | null} */ (document.getElementById(`${id}-box`));
const rowHeight = () => ROW_REM * parseFloat(getComputedStyle(document.documentElement).fontSize);

/**
 * The rows of a table in the order they are shown in. Scrolling asks in every frame, so the answer
 * is kept until the floor, the levels or the question change.
 * @param {BoardModel} model
 * @param {Table} id
 */
export function rowsOf(model, id) {
  const board = model.state.board;
  if (!board) return [];
  const last = shown[id];
  const asked = JSON.stringify(model.questions[id]);
  const fresh = performance.now() - last.at < ORDER_HELD_MS;
  const same = last.of === board[id] && last.levels === model.levels && asked === last.asked;
  const body = fresh ? null : box(id)?.querySelector('tbody');
  const held = body?.matches(':hover') || body?.contains(document.activeElement);
  if (same && (fresh || held)) return last.rows;
  const { text, only, sort, down } = model.questions[id];
  const { columns, filters } = GRIDS[id];
  const test = filters.find(([key]) => key === only)?.[2] ?? (() => true);
  const column = columns.find(({ key }) => key === sort) ?? columns[0];
  const rows = found(board[id], text, (row) => test(row, model));
  const kept = asked === last.asked && (held || fresh);
  const ordered = kept
    ? keepOrder(rows, last.order)
    : sorted(rows, (row) => column.sort(row, model), down);
  shown[id] = {
    ...last,
    rows: ordered,
    order: kept && ordered.length === last.order.length ? last.order : ordered.map((row) => row.id),
    of: board[id],
    levels: model.levels,
    at: kept ? last.at : performance.now(),
    asked,
    sick: id === 'queues' ? board.queues.filter((row) => isSick(row, model)).length : 0,
  };
  return ordered;
}

/** @param {BoardModel} model @param {Table} id */
export function grid(model, id) {
  const { title, columns, filters } = GRIDS[id];
  const question = model.questions[id];
  const all = model.state.board?.[id].length ?? 0;
  const rows = rowsOf(model, id);
  const height = box(id)?.clientHeight || 640;
  const { from, to, above, below } = windowOf(rows.length, shown[id].top, height, rowHeight());
  const ask = (/** @type {object} */ part) => {
    Object.assign(question, part);
    model.changed();
  };
  model.seen = { ...model.seen, [id]: rows.slice(from, to).map((row) => row.id) };
  return html`<div class="filters">
      <label class="search"
        ><span class="unseen">Find ${title.toLowerCase()}</span
        ><input
          id="${id}-search"
          class="field"
          type="search"
          placeholder="Find ${title.toLowerCase()}  ( / )"
          .value=${question.text}
          @input=${(/** @type {any} */ event) => ask({ text: event.target.value })}
      /></label>
      <div class="chips" role="group" aria-label="Show">
        ${filters.map(
          ([key, text]) =>
            html`<button
              class="chip"
              aria-pressed=${question.only === key}
              @click=${() => ask({ only: key })}
            >
              ${text}${id === 'agents' && key !== 'all'
                ? html` <b>${figure(model.figures.stands[key])}</b>`
                : nothing}
              ${id === 'queues' && key === 'sick'
                ? html` <b>${figure(shown.queues.sick)}</b>`
                : nothing}
            </button>`,
        )}
      </div>
      <p class="how-many" role="status">${figure(rows.length)} of ${figure(all)}</p>
      <button class="button small" @click=${() => model.download(id)}>CSV</button>
      ${id === 'queues'
        ? html`<button
            class="button small"
            aria-haspopup="dialog"
            @click=${() => model.open('limits')}
          >
            Thresholds
          </button>`
        : nothing}
    </div>
    <div
      class="scroll card"
      id="${id}-box"
      role="region"
      aria-label="${title}, table"
      tabindex="0"
      @scroll=${(/** @type {any} */ event) => {
        shown[id].top = event.target.scrollTop;
        model.changed();
      }}
    >
      <table
        aria-rowcount=${rows.length + 1}
        @keydown=${(/** @type {KeyboardEvent} */ event) => travel(event, id, rows, model)}
      >
        <thead>
          <tr aria-rowindex="1">
            ${columns.map((column) => heading(column, question, ask))}
          </tr>
        </thead>
        <tbody>
          ${above ? gap(above, columns.length) : nothing}
          ${repeat(
            rows.slice(from, to).map((row, index) => ({ row, index: from + index + 2 })),
            ({ row }) => row.id,
            ({ row, index }) => tableRow(id, row, index, model),
          )}
          ${below ? gap(below, columns.length) : nothing}
        </tbody>
      </table>
      ${rows.length === 0
        ? html`<p class="empty">${all ? 'Nothing fits.' : none(id)}</p>`
        : nothing}
    </div>`;
}

/** @param {Table} id */
const none = (id) =>
  `No ${id} yet: PUT /v1/${id}/{id} makes one, and so does the configuration file.`;

/** @param {number} px @param {number} columns */
const gap = (px, columns) =>
  html`<tr class="gap" aria-hidden="true">
    <td colspan=${columns} .style=${`height:${px}px`}></td>
  </tr>`;

/** @param {Column} column @param {any} question @param {(part: object) => void} ask */
function heading({ key, title, kind, rank, hint }, question, ask) {
  const mine = question.sort === key;
  const order = mine ? (question.down ? 'descending' : 'ascending') : 'none';
  const first = kind === 'n';
  const press = () => ask(mine ? { down: !question.down } : { sort: key, down: first });
  return html`<th scope="col" class="${kind} rank-${rank}" data-col=${key} aria-sort=${order}>
    <button class="sort" @click=${press} title=${hint ?? nothing}>
      ${title}<span class="arrow" aria-hidden="true"
        >${mine ? (question.down ? '↓' : '↑') : ''}</span
      >
    </button>
  </th>`;
}

/** @param {Table} id @param {Row} row @param {number} index @param {BoardModel} model */
function tableRow(id, row, index, model) {
  const { one, columns } = GRIDS[id];
  const [name, ...rest] = columns;
  const tone = id === 'queues' ? ` row-${row.health?.state}` : '';
  return html`<tr data-row=${row.id} aria-rowindex=${index} class="line${tone}">
    <th scope="row">
      <button
        class="opens"
        data-opens=${row.id}
        aria-haspopup="dialog"
        @click=${() => model.open(one, row.id)}
      >
        ${name.cell(row, model)}
      </button>
    </th>
    ${rest.map(
      ({ key, kind, rank, cell }) =>
        html`<td class="${kind} rank-${rank}" data-col=${key}>${cell(row, model)}</td>`,
    )}
  </tr>`;
}

/** Arrows walk along the rows, also to those that are not drawn yet. @param {KeyboardEvent} event @param {Table} id @param {Row[]} rows @param {BoardModel} model */
function travel(event, id, rows, model) {
  const here = /** @type {HTMLElement} */ (event.target).closest?.('[data-opens]');
  if (!here) return;
  const at = rows.findIndex((row) => row.id === here.getAttribute('data-opens'));
  const page = Math.max(1, Math.floor((box(id)?.clientHeight ?? 0) / rowHeight()) - 2);
  const steps = /** @type {Record<string, number>} */ ({
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -rows.length,
    End: rows.length,
  });
  const step = steps[event.key];
  if (!step) return;
  event.preventDefault();
  const next = Math.min(rows.length - 1, Math.max(0, at + step));
  const scroller = box(id);
  if (!scroller) return;
  const [top, height] = [next * rowHeight(), scroller.clientHeight - 2 * rowHeight()];
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  if (top > scroller.scrollTop + height) scroller.scrollTop = top - height;
  shown[id].top = scroller.scrollTop;
  model.changed();
  if (focusRow(scroller, rows[next].id)) return;
  requestAnimationFrame(() => requestAnimationFrame(() => focusRow(scroller, rows[next].id)));
}

/** @param {HTMLElement} scroller @param {string} id @returns {boolean} whether it is drawn */
function focusRow(scroller, id) {
  const button = scroller.querySelector(`[data-opens="${CSS.escape(id)}"]`);
  /** @type {HTMLElement | null} */ (button)?.focus({ preventScroll: true });
  return button !== null;
}
