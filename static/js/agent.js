// @ts-check
/**
 * The agent page: puts the session, the model, the keys and the page together.
 *
 * MUST NOT decide anything itself. One ticker drives all clocks; the server's deadlines are the
 * truth.
 */

import { goTo, signOut, whoAmI } from './api.js';
import { AgentModel } from './agent_model.js';
import { Attention } from './attention.js';
import { ServerClock } from './clock.js';
import { actionOf } from './keys.js';
import { SeenWatch } from './seen.js';
import { Link } from './socket.js';
import { Ringer } from './sound.js';
import { effect, render } from './vendor.js';
import { agentPage } from './views/agent_page.js';
import { openDialog } from './views/dialogs.js';

const TICK_MS = 250;
const RETRY_MS = 3_000;

/** @returns {Promise<string>} the agent this browser is signed in as; leaves the page if none */
async function agentOfSession() {
  for (;;) {
    try {
      const identity = await whoAmI();
      if (identity?.agent) return identity.agent;
      goTo(identity ? 'board' : 'login');
      return await new Promise(() => {});
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** @param {string} agent */
function run(agent) {
  const root = /** @type {HTMLElement} */ (document.getElementById('app'));
  const clock = new ServerClock();
  const attention = new Attention();
  const ringer = new Ringer((state) => (model.sound.value = state), agent);
  /** @type {Link} */
  const link = new Link({
    who: { role: 'agent', agent },
    clock,
    onPush: (push) => model.take(push),
    onPhase: (phase) => {
      if (phase.stage === 'reconnecting' && model.phase.value.stage === 'connected') ringer.lost();
      model.phase.value = phase;
      model.stale.value = phase.stage !== 'connected';
    },
  });
  const model = new AgentModel(clock, (command, onPending) => link.send(command, onPending));
  const seen = new SeenWatch((offer) => void link.send({ type: 'seen', offer }));
  const controls = {
    retry: () => link.retryNow(),
    restart: () => link.start(),
    toSignIn: () => goTo('login'),
    help: () => openDialog('help'),
    toggleSound: () => void ringer.toggle(),
    silenceMs: () => link.silenceMs(),
    askNotify: async () => {
      await Notification.requestPermission();
      model.permission.value = attention.permission;
    },
    signOut: async () => {
      link.leave('left');
      await signOut();
      goTo('login');
    },
  };
  model.sound.value = ringer.state;
  model.permission.value = attention.permission;
  root.replaceChildren();
  effect(() => {
    keepFocus(() => render(agentPage(model, controls), root));
    seen.sync(root);
  });
  effect(() => {
    if (model.transferring.value) openDialog('transfer');
  });
  effect(() => {
    const { offers } = model.state.value;
    const unanswered = offers.filter(
      ({ id, expires_at }) => !model.doing.value[id] && expires_at > model.now.value,
    );
    attention.update(offers, (deadline) => clock.remaining(deadline));
    ringer.ring(unanswered.length > 0);
  });
  listen(model, link, ringer, controls);
  setInterval(() => {
    link.check();
    model.tick(link.isStale());
  }, TICK_MS);
  link.start();
}

/**
 * @param {AgentModel} model
 * @param {Link} link
 * @param {Ringer} ringer
 * @param {import('./views/agent_page.js').Controls} controls
 */
function listen(model, link, ringer, controls) {
  /** @type {Record<string, () => void>} */
  const actions = {
    accept: () => model.markedOffer && void model.accept(model.markedOffer.id),
    decline: () => model.markedOffer && void model.decline(model.markedOffer.id),
    next: () => model.mark(1),
    previous: () => model.mark(-1),
    finish: () => finishFirst(model),
    presence: () =>
      /** @type {HTMLElement | null} */ (
        document.querySelector('#presence [aria-pressed="true"]')
      )?.focus(),
    sound: controls.toggleSound,
    help: controls.help,
  };
  document.addEventListener('keydown', (event) => {
    const action = actionOf(event);
    if (action) {
      event.preventDefault();
      actions[action]();
    }
    if (action !== 'sound') void ringer.unlock();
  });
  document.addEventListener('pointerup', (event) => {
    if (!(/** @type {Element} */ (event.target).closest('[aria-keyshortcuts="S"]')))
      void ringer.unlock();
  });
  const wake = () => {
    link.check();
    link.retryNow();
  };
  addEventListener('online', wake);
  addEventListener('pageshow', ({ persisted }) => persisted && wake());
  document.addEventListener('visibilitychange', () => document.hidden || wake());
}

/** When a card with the focus goes, the focus stays at its station. @param {() => void} draw */
function keepFocus(draw) {
  const station = /** @type {HTMLElement | null | undefined} */ (
    document.activeElement?.closest('.stop')?.querySelector('.station')
  );
  draw();
  if (station?.isConnected && document.activeElement === document.body) station.focus();
}

/** @param {AgentModel} model */
function finishFirst(model) {
  const wrapping = model.state.value.conversations.filter(({ state }) => state === 'wrapping');
  const [first] = wrapping.sort((a, b) => a.wrap_until - b.wrap_until);
  if (first) void model.finish(first.id);
}

run(await agentOfSession());
