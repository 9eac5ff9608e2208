// @ts-check
/**
 * The door to the templates of lit-html, with their types, and lists that keep their cards.
 *
 * MUST NOT grow `unsafeHTML` or any other way to turn text into markup: every customer's word is
 * text.
 */

import * as lit from '../vendor/lit-html/lit-html.js';

/** @typedef {(strings: TemplateStringsArray, ...values: any[]) => object} Tag */

/** @type {Tag} */
export const html = lit.html;
/** @type {Tag} */
export const svg = lit.svg;
/** Draws nothing; an attribute with it is absent. @type {symbol} */
export const nothing = lit.nothing;
/** @type {(template: object, into: HTMLElement) => unknown} */
export const render = lit.render;

/** @type {Map<string, HTMLElement>} */
const boxes = new Map();

/**
 * A list in a box of its own: what stays keeps its element, its focus and its place.
 * @template {{id: string | number}} T
 * @param {string} name of the box, one on the page
 * @param {T[]} items
 * @param {(item: T) => object} template
 * @returns {HTMLElement}
 */
export function keyed(name, items, template) {
  const box = boxes.get(name) ?? document.createElement('div');
  boxes.set(name, box);
  box.className = 'stack';
  const known = new Map([...box.children].map((child) => [child.getAttribute('data-key'), child]));
  const wanted = new Set(items.map(({ id }) => String(id)));
  for (const [key, child] of known) if (!wanted.has(key ?? '')) child.remove();
  let place = box.firstElementChild;
  for (const item of items) {
    const key = String(item.id);
    const child = /** @type {HTMLElement} */ (known.get(key) ?? document.createElement('div'));
    child.setAttribute('data-key', key);
    if (child === place) place = place.nextElementSibling;
    else box.insertBefore(child, place);
    render(template(item), child);
  }
  return box;
}
