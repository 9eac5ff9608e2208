// @ts-check
/**
 * The wallboard by its link: asks for a room's figures with the key of the link, and shows them.
 *
 * MUST NOT sign anybody in or keep the key anywhere but in the address, which a server never sees.
 * The rule: figures that could not be had anew are old, and soon say so in large letters.
 */

import { BASE } from './api.js';
import { BoardModel } from './board_model.js';
import { ServerClock } from './clock.js';
import { render } from './vendor.js';
import { wall } from './views/board_wall.js';

const EVERY_MS = 750;
const PATIENCE_MS = 4_000;

/** @param {string} key */
export function runWall(key) {
  const root = /** @type {HTMLElement} */ (document.getElementById('app'));
  const clock = new ServerClock();
  const nothing = { call: () => Promise.resolve(null), read: () => null, write: () => {} };
  const model = new BoardModel(clock, nothing, draw);
  model.wall = true;
  model.link = 'good';
  document.title = 'Wallboard · Interlock';
  root.replaceChildren();
  draw();
  setInterval(draw, EVERY_MS);
  void ask();

  async function ask() {
    const sent = clock.local();
    try {
      const headers = { Authorization: `Bearer ${key}` };
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const options = /** @type {RequestInit} */ ({ headers, signal, cache: 'no-store' });
      const answer = await fetch(new URL('v1/wall', BASE), { ...options, credentials: 'omit' });
      if ([401, 403].includes(answer.status)) {
        model.link = 'void';
        return draw();
      }
      model.connected = answer.ok;
      if (answer.ok) take(await answer.json(), sent);
    } catch {
      model.connected = false;
    }
    draw();
    setTimeout(() => void ask(), EVERY_MS);
  }

  /** @param {any} said @param {number} sent local time */
  function take(said, sent) {
    clock.sample(said.as_of, sent);
    const state = 'open';
    const incidents = said.totals.incidents_open ? [/** @type {any} */ ({ state, since: null })] : [];
    model.take(/** @type {any} */ ({ type: 'snapshot', board: { ...said, agents: [] } }));
    model.state = { ...model.state, incidents };
  }

  function draw() {
    render(wall(model), root);
  }
}
