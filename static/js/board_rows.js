// @ts-check
/**
 * Which rows a table shows, in which order, and which of them are on the screen.
 *
 * MUST NOT depend on the page: lists in, lists out. The rule: the same rows and the same question
 * give the same order, whatever was shown before.
 */

/**
 * @typedef {import('./board_store.js').Row} Row
 * @typedef {{text: string, only: string, sort: string, down: boolean}} Question
 * @typedef {(row: Row) => number | string | null} SortKey
 */

/** @param {string} text */
const plainText = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/**
 * Rows whose name or id has every word of the text.
 * @param {Row[]} rows
 * @param {string} text
 * @param {(row: Row) => boolean} [also]
 */
export function found(rows, text, also = () => true) {
  const words = plainText(text).split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (!also(row)) return false;
    if (words.length === 0) return true;
    const own = plainText(`${row.name ?? ''} ${row.id}`);
    return words.every((word) => own.includes(word));
  });
}

/**
 * By a key; what has none comes last in either direction, ties go by id.
 * @param {Row[]} rows
 * @param {SortKey} key
 * @param {boolean} down
 */
export function sorted(rows, key, down) {
  const keyed = rows.map((row) => /** @type {const} */ ([key(row), row]));
  const sign = down ? -1 : 1;
  keyed.sort(([a, rowA], [b, rowB]) => {
    const order = compare(a, b);
    if (order === null) return Number(a === null) - Number(b === null);
    return sign * order || (rowA.id < rowB.id ? -1 : 1);
  });
  return keyed.map(([, row]) => row);
}

/** @param {any} a @param {any} b @returns {number | null} null: one of them has no key */
function compare(a, b) {
  if (a === null || b === null) return a === b ? 0 : null;
  if (typeof a === 'string') return a.localeCompare(b, 'en', { sensitivity: 'base' });
  return a - b;
}

/**
 * The order that was on the screen, with what came since at its end: rows do not jump from under
 * the pointer.
 * @param {Row[]} rows in their new order
 * @param {string[]} former ids
 */
export function keepOrder(rows, former) {
  const place = new Map(former.map((id, index) => [id, index]));
  return rows
    .map((row, index) => /** @type {const} */ ([place.get(row.id) ?? former.length + index, row]))
    .sort(([a], [b]) => a - b)
    .map(([, row]) => row);
}

/**
 * The part of a long table to draw.
 * @param {number} count
 * @param {number} top scrolled by, px
 * @param {number} height of the window, px
 * @param {number} rowHeight px
 * @param {number} spare rows above and below
 * @returns {{from: number, to: number, above: number, below: number}} px of the gaps
 */
export function windowOf(count, top, height, rowHeight, spare = 8) {
  const last = Math.max(0, count * rowHeight - height);
  const seen = Math.min(Math.max(0, top), last);
  const from = Math.max(0, Math.floor(seen / rowHeight) - spare);
  const to = Math.min(count, Math.ceil((seen + height) / rowHeight) + spare);
  return { from, to, above: from * rowHeight, below: (count - to) * rowHeight };
}

const RISKY = /^[=+\-@\t\r]/;

/**
 * A table for a spreadsheet. Text that a spreadsheet would take for a formula gets a quote before.
 * @param {string[]} titles
 * @param {any[][]} lines
 */
export function csvOf(titles, lines) {
  const cell = (/** @type {any} */ value) => {
    if (value === null || value === undefined) return '';
    if (typeof value === 'number') return String(value);
    const text = String(value);
    const safe = RISKY.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [titles, ...lines].map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}
