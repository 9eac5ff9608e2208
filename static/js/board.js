// @ts-check
/**
 * The board page: puts the session, the fold and the page together.
 *
 * MUST NOT decide or command anything.
 */

import { goTo, signOut, whoAmI } from './api.js';
import { NO_BOARD, foldBoard } from './board_store.js';
import { ServerClock } from './clock.js';
import { Link } from './socket.js';
import { render } from './vendor.js';
import { boardPage } from './views/board_page.js';

const TICK_MS = 500;
const RETRY_MS = 3_000;

/** Wait for a session that may see the board; leaves the page if there is none. */
async function supervisor() {
  for (;;) {
    try {
      const identity = await whoAmI();
      if (identity && ['supervisor', 'admin'].includes(identity.role)) return;
      goTo(identity?.agent ? 'agent' : 'login');
      return await new Promise(() => {});
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function run() {
  const root = /** @type {HTMLElement} */ (document.getElementById('app'));
  const clock = new ServerClock();
  let state = NO_BOARD;
  const link = new Link({
    who: { role: 'supervisor' },
    clock,
    onPush: (push) => {
      state = foldBoard(state, push);
    },
    onPhase: draw,
  });
  const controls = {
    retry: () => link.retryNow(),
    restart: () => link.start(),
    toSignIn: () => goTo('login'),
    signOut: async () => {
      link.leave('left');
      await signOut();
      goTo('login');
    },
  };
  root.replaceChildren();

  function draw() {
    const times = { now: clock.now(), local: clock.local(), silenceMs: link.silenceMs() };
    render(
      boardPage({ state, phase: link.phase, stale: link.isStale(), ...times }, controls),
      root,
    );
  }
  setInterval(() => {
    link.check();
    draw();
  }, TICK_MS);
  addEventListener('online', controls.retry);
  document.addEventListener('visibilitychange', () => document.hidden || controls.retry());
  link.start();
}

await supervisor();
run();
