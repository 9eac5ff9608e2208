// @ts-check
/**
 * The board page: puts the session, the model and the page together, and draws no more often than
 * the eye can use.
 *
 * MUST NOT decide anything. The rule: the feed redraws at most four times a second, a person's own
 * doing at once.
 */

import { HttpProblem, goTo, signIn, signOut, whoAmI } from './api.js';
import { actionOf } from './board_keys.js';
import { BoardModel, TABS } from './board_model.js';
import { csvOf } from './board_rows.js';
import { readiness, save, world } from './board_world.js';
import { ServerClock } from './clock.js';
import { Link } from './socket.js';
import { Ringer } from './sound.js';
import { render } from './vendor.js';
import { drawCharts } from './views/board_day.js';
import { GRIDS, rowsOf } from './views/board_grid.js';
import { boardPage } from './views/board_page.js';

const TICK_MS = 500;
const FEED_MS = 250;
const RETRY_MS = 3_000;
const REFRESH_MS = 2_000;
const SLOW_MS = 5_000;
const ASK_READY_FROM_MS = 1_500;
/** A pointer that is down for longer is selecting text, or was let go elsewhere. */
const PRESS_MS = 1_000;
const DAY_EVERY_MS = 30_000;
/** What most people open sooner or later is fetched before somebody needs it in a hurry. */
const DRAWER_AFTER_MS = 5_000;

/** Wait for a session that may see the board; leaves the page if there is none. */
async function supervisor() {
  for (;;) {
    try {
      const identity = await whoAmI();
      if (identity && ['supervisor', 'admin'].includes(identity.role)) return identity;
      goTo(identity?.agent ? 'agent' : 'login');
      return await new Promise(() => {});
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/**
 * Redraws: soon for the feed, in the next frame for a person; nothing moves under a pressed pointer.
 * @param {() => void} paint
 */
function painter(paint) {
  let [asked, last, rests] = [0, -Infinity, 0];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const now = () => {
    clearTimeout(timer);
    timer = undefined;
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      last = performance.now();
      if (last < rests) timer ??= setTimeout(now, FEED_MS);
      else paint();
    });
  };
  addEventListener('pointerdown', () => (rests = performance.now() + PRESS_MS), true);
  const released = () => {
    rests = 0;
    now();
  };
  addEventListener('pointerup', released, true);
  const soon = () => {
    if (asked || timer !== undefined) return;
    timer = setTimeout(now, Math.max(0, last + FEED_MS - performance.now()));
  };
  return { now, soon };
}

/** Native dialogs follow what the model has open. @param {BoardModel} model */
function syncDialogs(model) {
  for (const [id, open] of /** @type {[string, boolean][]} */ ([
    ['drawer', model.place !== null],
    ['act', model.act !== null],
  ])) {
    const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById(id));
    if (!dialog) continue;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }
}

/** @param {import('./api.js').Identity} identity */
function run({ role, expires_at: endsAt }) {
  const root = /** @type {HTMLElement} */ (document.getElementById('app'));
  const clock = new ServerClock();
  const draw = painter(paint);
  const model = new BoardModel(clock, world, () => draw.now());
  model.role = role;
  model.endsAt = endsAt ?? 0;
  model.wall = location.hash === '#wall';
  const ringer = new Ringer(() => draw.now(), 'board');
  model.alarm = () => ringer.once();
  for (const kind of ['pointerdown', 'keydown'])
    document.addEventListener(kind, () => void ringer.unlock());
  model.shows = (wall) => (location.hash = wall ? '#wall' : '');
  const link = new Link({
    who: { role: 'supervisor' },
    clock,
    onPush: (push) => {
      const incident = push.type === 'incident';
      model.take(push);
      if (push.type === 'snapshot') void model.afterSnapshot();
      if (incident) draw.now();
      else draw.soon();
    },
    onPhase: () => draw.now(),
    onSignIn: (endsAt) => {
      model.endsAt = endsAt;
      draw.now();
    },
  });
  model.save = (table) => {
    const { columns, title } = GRIDS[table];
    const rows = rowsOf(model, table);
    const at = new Date(model.state.board?.as_of ?? 0).toISOString();
    const lines = rows.map((row) => [
      row.id,
      row.name,
      ...columns.slice(1).map(({ sort }) => sort(row, model)),
      at,
    ]);
    const titles = ['Id', 'Name', ...columns.slice(1).map((one) => one.title), 'As of'];
    save(
      `interlock-${title.toLowerCase()}-${at.slice(0, 19).replaceAll(':', '')}.csv`,
      csvOf(titles, lines),
    );
  };
  /** @type {import('./views/board_page.js').Controls} */
  const controls = {
    drawer: null,
    sound: () => ringer.state,
    toggleSound: () => void ringer.toggle(),
    retry: () => link.retryNow(),
    restart: () => link.start(),
    /** @param {string} key */
    async signIn(key) {
      try {
        const renewed = await signIn(key, '');
        model.role = renewed.role;
        model.endsAt = renewed.expires_at ?? 0;
        model.signInError = '';
        link.renew();
      } catch (problem) {
        if (!(problem instanceof HttpProblem)) throw problem;
        model.signInError = problem.message;
      }
      draw.now();
    },
    signOut: async () => {
      link.leave('left');
      await signOut();
      goTo('login');
    },
  };
  root.replaceChildren();

  function paint() {
    model.connected = link.phase.stage === 'connected' && !link.isStale();
    const line = { phase: link.phase, local: clock.local(), silenceMs: link.silenceMs() };
    model.hear();
    if (model.place && !controls.drawer) void fetchDrawer();
    render(boardPage(model, line, controls), root);
    syncDialogs(model);
    drawCharts(model);
  }

  async function fetchDrawer() {
    try {
      controls.drawer = (await import('./views/board_drawer.js')).drawer;
    } catch (problem) {
      if (!(problem instanceof TypeError)) throw problem;
      if (model.place) model.tell('This part could not be loaded. Reload when the server is back.');
      model.close();
    }
    draw.now();
  }

  async function askReady() {
    const late = model.state.board !== null && model.ageMs > ASK_READY_FROM_MS;
    if (!late && model.ready === null) return;
    model.ready = late ? await readiness() : null;
    draw.soon();
  }

  setInterval(() => {
    link.check();
    draw.soon();
    void askReady();
  }, TICK_MS);
  setInterval(() => document.hidden || void model.refresh(), REFRESH_MS);
  setInterval(() => document.hidden || void model.estimate(), SLOW_MS);
  setInterval(() => document.hidden || void model.readDay(), DAY_EVERY_MS);
  setTimeout(() => void fetchDrawer(), DRAWER_AFTER_MS);
  addEventListener('online', controls.retry);
  addEventListener('resize', () => draw.soon());
  addEventListener('hashchange', () => {
    model.wall = location.hash === '#wall';
    draw.now();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    controls.retry();
    draw.now();
  });
  document.addEventListener('keydown', (event) => {
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    act(model, action);
  });
  link.start();
}

/** @param {BoardModel} model @param {string} action */
function act(model, action) {
  if (action === 'wall' && !model.past) model.toggleWall();
  else if (model.wall) return;
  else if (model.past && action !== 'find') model.past.press(action);
  else if (action === 'earlier') void model.goBack();
  else if (/** @type {readonly string[]} */ (TABS).includes(action)) model.show(action);
  else if (action === 'find') {
    if (!model.past && !['queues', 'agents'].includes(model.tab)) model.show('queues');
    const field = () => document.getElementById(`${(model.past ?? model).tab}-search`);
    // What is typed next belongs into the field already.
    if (field()) field()?.focus();
    else requestAnimationFrame(() => field()?.focus());
  } else if (action === 'attention') document.getElementById('alarms-title')?.focus();
  else if (action === 'repairs') model.askRepairs();
  else if (action === 'conversation') document.getElementById('by-id')?.focus();
  else model.open(/** @type {any} */ (action));
}

const linked = /^#wall=(\S+)$/.exec(location.hash);
if (linked) (await import('./wall.js')).runWall(linked[1]);
else run(await supervisor());
