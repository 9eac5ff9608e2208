// @ts-check
/**
 * The door to third-party code for pages with long lists: the templates, and lit-html's `repeat`.
 *
 * MUST NOT grow another way to turn text into markup, see `lit.js`.
 */

import { repeat as litRepeat } from '../vendor/lit-html/directives/repeat.js';

export { html, nothing, render, svg } from './lit.js';

/** @type {<T>(items: T[], key: (item: T) => unknown, template: (item: T) => unknown) => unknown} */
export const repeat = litRepeat;
