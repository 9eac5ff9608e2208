// @ts-check
/**
 * The console at the top: whose page, is it live, sound, help.
 *
 * MUST NOT say "connected" while the server is silent.
 */

import { html, nothing } from '../lit.js';
import { duration } from '../words.js';
import { crossover, lamp } from './lamps.js';

/** @typedef {import('../phase.js').Phase} Phase */

/**
 * @param {string} role what the page is, such as `Agent`
 * @param {string} name
 * @param {any} middle connection
 * @param {any} tools buttons
 */
export const bar = (role, name, middle, tools) =>
  html`<header class="bar">
    <p class="brand">${crossover()}<strong>Interlock</strong></p>
    <h1 class="bar-title"><span class="bar-role">${role}</span> <bdi>${name}</bdi></h1>
    <div class="bar-state">${middle}</div>
    <div class="bar-tools">${tools}</div>
  </header>`;

/**
 * The state of the connection in words.
 * @param {Phase} phase
 * @param {boolean} stale
 * @param {number} local local time in ms
 * @param {number} silenceMs since the server was last heard
 * @param {() => void} retry
 */
export function connection(phase, stale, local, silenceMs, retry) {
  const when = phase.retryAt > local ? ` in ${duration(phase.retryAt - local + 999)}` : ' now';
  const again = html`<button class="bar-button" @click=${retry}>Try now</button>`;
  switch (phase.stage) {
    case 'connected':
      return stale
        ? said('caution', 'silent', html`No word from the server for ${duration(silenceMs)}`)
        : said('clear', 'connected', 'Connected');
    case 'connecting':
      return said(
        'moving',
        'connecting',
        html`Connecting${phase.code ? when : '…'}`,
        phase.code ? again : nothing,
      );
    case 'reconnecting':
      return said('caution', 'reconnecting', html`Reconnecting${when}`, again);
    case 'lost':
      return said('stop', 'lost', html`Connection lost. Next try${when}`, again);
    case 'over':
      return said('stop', 'over', 'Not connected');
    default:
      throw new Error(`unknown stage ${phase.stage}`);
  }
}

/** @param {any} aspect @param {string} state @param {any} text @param {any} [extra] */
const said = (aspect, state, text, extra = nothing) =>
  html`<p class="connection" data-connection=${state}>${lamp(aspect)}<span>${text}</span></p>
    ${extra}`;
