// @ts-check
/**
 * The only door to third-party code: templates and signals, with their types.
 *
 * MUST NOT grow `unsafeHTML` or any other way to turn text into markup: every customer's word is
 * text.
 */

import * as lit from '../vendor/lit-html/lit-html.js';
import { repeat as litRepeat } from '../vendor/lit-html/directives/repeat.js';
import * as signals from '../vendor/signals-core/signals-core.js';

/** @typedef {(strings: TemplateStringsArray, ...values: any[]) => object} Tag */
/** @template T @typedef {{value: T}} Signal */

/** @type {Tag} */
export const html = lit.html;
/** @type {Tag} */
export const svg = lit.svg;
/** Draws nothing; an attribute with it is absent. @type {symbol} */
export const nothing = lit.nothing;
/** @type {(template: object, into: HTMLElement) => unknown} */
export const render = lit.render;
/** @type {<T>(items: T[], key: (item: T) => unknown, template: (item: T) => unknown) => unknown} */
export const repeat = litRepeat;
/** @type {<T>(value: T) => Signal<T>} */
export const signal = signals.signal;
/** @type {(run: () => void) => () => void} */
export const effect = signals.effect;
/** Several changes, one redraw. @type {<T>(change: () => T) => T} */
export const batch = signals.batch;
