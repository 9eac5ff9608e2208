// @ts-check
/**
 * The signs of the page: lamps, the countdown ring, the crossover.
 *
 * MUST NOT carry meaning by colour alone: every lamp has a shape of its own and stands beside a
 * word.
 */

import { fractionLeft, secondsLeft } from '../clock.js';
import { html, nothing, svg } from '../lit.js';

/** @type {Record<string, any>} full disc, half disc, ring, barred ring, dots */
const SHAPES = {
  clear: svg`<circle cx="8" cy="8" r="6" class="fill"/>`,
  caution: svg`<circle cx="8" cy="8" r="5.5" class="line"/>
    <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" class="fill"/>`,
  off: svg`<circle cx="8" cy="8" r="5.5" class="line"/>`,
  stop: svg`<circle cx="8" cy="8" r="6" class="fill"/><path d="M4.5 8h7" class="bar"/>`,
  moving: svg`<circle cx="8" cy="8" r="5.5" class="line dashed"/>
    <circle cx="8" cy="8" r="2" class="fill"/>`,
};

/** @param {'clear' | 'caution' | 'off' | 'stop' | 'moving'} aspect */
export const lamp = (aspect) =>
  html`<svg
    class="lamp lamp-${aspect}"
    viewBox="0 0 16 16"
    width="16"
    height="16"
    aria-hidden="true"
  >
    ${SHAPES[aspect]}
  </svg>`;

/** Two tracks and the crossover that joins them. */
export const crossover = () =>
  html`<svg class="crossover" viewBox="0 0 32 20" width="32" height="20" aria-hidden="true">
    <path d="M1 4h30M1 16h30" class="rail" />
    <path d="M8 16 24 4" class="points" />
  </svg>`;

/**
 * What is left of an offer, as a ring and in seconds.
 * @param {number} ms left
 * @param {number} total
 */
export function ring(ms, total) {
  const left = fractionLeft(ms, total);
  const seconds = secondsLeft(Math.min(ms, total));
  const tone = left > 0.5 ? 'clear' : left > 0.25 ? 'caution' : 'stop';
  return html`<div class="ring ring-${tone}" role="timer" aria-label="${seconds} seconds left">
    <svg viewBox="0 0 100 100" aria-hidden="true">
      <circle cx="50" cy="50" r="44" class="groove" />
      <circle
        cx="50"
        cy="50"
        r="44"
        class="left"
        pathLength="1"
        stroke-dasharray="1"
        stroke-dashoffset=${(1 - left).toFixed(4)}
      />
    </svg>
    <span class="ring-number" aria-hidden="true">${seconds}</span>
    <span class="ring-unit" aria-hidden="true">s left</span>
  </div>`;
}

/** @param {string} key */
export const keycap = (key) => html`<kbd aria-hidden="true">${key}</kbd>`;

/** What is left, as a bar that burns down. @param {number} left 0 to 1 */
export const fuse = (left) =>
  html`<svg class="fuse" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
    <path d="M0 2h100" class="groove" />
    <path
      d="M0 2h100"
      class="left"
      pathLength="1"
      stroke-dasharray="1"
      stroke-dashoffset=${(1 - left).toFixed(3)}
    />
  </svg>`;

/** @param {string} channel @param {string} queue @param {any} extra */
export const plates = (channel, queue, extra) =>
  html`<p class="plates">
    <span class="plate plate-channel">${channel}</span
    ><span class="plate"><bdi>${queue}</bdi></span>
    ${extra ? html`<span class="plate"><bdi>${extra}</bdi></span>` : nothing}
  </p>`;

/** @param {string} label @param {string[][]} list code and text @param {(code: string) => void} choose */
export const chips = (label, list, choose) =>
  html`<div class="chips" role="group" aria-label=${label}>
    ${list.map(
      ([code, text]) =>
        html`<button class="chip" type="button" @click=${() => choose(code)}>
          <bdi>${text}</bdi>
        </button>`,
    )}
  </div>`;
