// @ts-check
/**
 * The agent page: puts the session, the model, the keys and the page together.
 *
 * MUST NOT decide anything itself. One ticker drives all clocks; the server's deadlines are the
 * truth.
 */

import { HttpProblem, call, goTo, signIn, signOut, whoAmI } from './api.js';
import { listen } from './agent_input.js';
import { AgentModel } from './agent_model.js';
import { Notices } from './agent_notice.js';
import { Attention, announceNow } from './attention.js';
import { ServerClock } from './clock.js';
import { render } from './lit.js';
import { SeenWatch } from './seen.js';
import { effect, signal } from './signal.js';
import { Link } from './socket.js';
import { Ringer } from './sound.js';
import { Outbox, Tabs } from './tabs.js';
import { agentPage } from './views/agent_page.js';
import { overText } from './words.js';

const TICK_MS = 250;
const RETRY_MS = 3_000;
const SLEPT_MS = 3_000;
const WATCHING = 'interlock.watching';

/** @returns {Promise<import('./api.js').Identity>} leaves the page if nobody is signed in */
async function signedIn() {
  for (;;) {
    try {
      const identity = await whoAmI();
      if (identity?.agent) return identity;
      goTo(identity ? 'board' : 'login');
      return await new Promise(() => {});
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** @param {string} agent @param {number} endsAt */
function run(agent, endsAt) {
  const root = /** @type {HTMLElement} */ (document.getElementById('app'));
  const clock = new ServerClock();
  const attention = new Attention({
    agent,
    fit: (offer) => model.fit(offer),
    act: (offer, action) => void (action === 'accept' ? model.accept(offer) : model.decline(offer)),
  });
  const tabs = new Tabs(agent);
  const ringer = new Ringer((state) => (model.sound.value = state), agent);
  /** @type {Link} */
  const link = new Link({
    who: { role: 'agent', agent },
    clock,
    onPush: (push) => {
      controls.notices.take(push);
      model.take(push);
    },
    onPhase: (phase) => {
      tellPhase(model.phase.value.stage, phase, ringer);
      model.phase.value = phase;
      model.stale.value = phase.stage !== 'connected';
    },
    onSockets: async (sockets) => {
      model.sockets.value = sockets;
      model.elsewhere.value = await tabs.elsewhere(sockets);
    },
    onSignIn: (ends) => {
      model.endsAt.value = ends;
      if (ends - clock.now() < 120_000) announceNow('Your sign-in ends in a minute');
    },
  });
  const model = new AgentModel(
    clock,
    (command, onPending) => link.send(command, onPending),
    new Outbox(agent),
  );
  const controls = controlsOf(agent, model, link, ringer, attention);
  model.endsAt.value = endsAt;
  model.sound.value = ringer.state;
  ringer.tell = (text) => model.toast('warn', text);
  model.permission.value = attention.permission;
  controls.watch(sessionStorage.getItem(WATCHING) === 'yes');
  show(root, model, controls, link);
  effect(() => {
    if (!model.state.value.agent) return;
    const offers = model.watching.value ? [] : model.state.value.offers;
    const unanswered = offers.filter(
      ({ id, expires_at }) => !model.doing.value[id] && expires_at > model.now.value,
    );
    attention.update(offers, (deadline) => clock.remaining(deadline));
    ringer.ring(unanswered.length > 0);
  });
  listen(model, link, ringer);
  tick(model, link, attention);
  void presencesOf(model);
  void notesFor(agent, model);
  link.start();
}

/**
 * @param {HTMLElement} root
 * @param {AgentModel} model
 * @param {import('./views/agent_page.js').Controls} controls
 * @param {Link} link
 */
function show(root, model, controls, link) {
  const seen = new SeenWatch((offer) => {
    if (!model.watching.value) void link.send({ type: 'seen', offer });
  });
  root.replaceChildren();
  effect(() => {
    keepFocus(() => render(agentPage(model, controls), root));
    seen.sync(root);
  });
  effect(() => {
    const wanted = model.dialog.value;
    if (wanted && !controls.dialog.value) void loadDialogs(model, controls);
    const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById('dialog'));
    if (!wanted) dialog?.close();
    else if (!dialog?.open) dialog?.showModal();
  });
}

/** @param {AgentModel} model @param {import('./views/agent_page.js').Controls} controls */
async function loadDialogs(model, controls) {
  try {
    const { dialogs } = await import('./views/dialogs.js');
    controls.dialog.value ??= dialogs(model, controls);
  } catch (problem) {
    if (!(problem instanceof TypeError)) throw problem;
    model.dialog.value = '';
    model.toast('warn', 'This part could not be loaded. Reload the page when the server is back.');
  }
}

/**
 * What people can press that is not a command to the server.
 * @param {string} agent
 * @param {AgentModel} model
 * @param {Link} link
 * @param {Ringer} ringer
 * @param {Attention} attention
 * @returns {import('./views/agent_page.js').Controls}
 */
function controlsOf(agent, model, link, ringer, attention) {
  /** @param {boolean} on */
  const watch = (on) => {
    sessionStorage.setItem(WATCHING, on ? 'yes' : '');
    ringer.rest(on);
    link.watch(on);
    model.watch(on);
  };
  return {
    agent,
    ringer,
    watch,
    notices: new Notices(),
    dialog: signal(/** @type {(() => object) | null} */ (null)),
    retry: () => link.retryNow(),
    restart: () => link.start(),
    takeOver() {
      watch(false);
      link.takeOver();
    },
    silenceMs: () => link.silenceMs(),
    graceMs: () => link.graceMs,
    toggleSound: () => void ringer.toggle(),
    async askNotify() {
      await attention.ask();
      model.permission.value = attention.permission;
    },
    testNotify: () => void attention.test(),
    async signOut() {
      link.leave('left');
      attention.update([], () => 0);
      await signOut();
      goTo('login');
    },
    async signIn(key) {
      try {
        model.endsAt.value = (await signIn(key, agent)).expires_at ?? 0;
      } catch (problem) {
        if (problem instanceof HttpProblem) return problem.message;
        throw problem;
      }
      link.renew();
      return '';
    },
  };
}

/** @param {AgentModel} model @param {Link} link @param {Attention} attention */
function tick(model, link, attention) {
  let ahead = Date.now() - model.clock.local();
  setInterval(() => {
    // A clock that does not count the machine's sleep falls behind the calendar.
    const drift = Date.now() - model.clock.local();
    if (drift - ahead > SLEPT_MS) link.wake(drift - ahead);
    ahead = drift;
    link.check();
    model.tick(link.isStale());
    model.permission.value = attention.permission;
  }, TICK_MS);
}

/** Said aloud, once for each change. @param {string} before @param {import('./phase.js').Phase} phase @param {Ringer} ringer */
function tellPhase(before, { stage: after, code, reason }, ringer) {
  if (before === after) return;
  if (before === 'connected' && after === 'reconnecting') ringer.lost();
  if (after === 'reconnecting')
    announceNow('The connection is lost. Your offers and conversations are held for a moment.');
  if (after === 'lost') announceNow('The hold has run out. Open offers went back to their queues.');
  if (after === 'over') announceNow(overText(code, reason));
  if (after === 'connected') announceNow('Connected');
}

/** Custom presences are a help, not a condition. @param {AgentModel} model */
async function presencesOf(model) {
  try {
    model.presences.value = (await call('GET', 'v1/presences')).presences;
  } catch (problem) {
    if (!(problem instanceof HttpProblem)) throw problem;
  }
}

/**
 * Inside the page of a customer system, when the server names its origin.
 * @param {string} agent @param {AgentModel} model
 */
async function notesFor(agent, model) {
  const meta = document.querySelector('meta[name="interlock-notes"]');
  const origin = meta?.getAttribute('content');
  if (!origin || parent === window) return;
  const { Notes } = await import('./notes.js');
  model.notes.value = new Notes(origin, agent, model);
}

/** When a card with the focus goes, the focus stays at its station. @param {() => void} draw */
function keepFocus(draw) {
  const station = /** @type {HTMLElement | null | undefined} */ (
    document.activeElement?.closest('.stop')?.querySelector('.station')
  );
  draw();
  if (station?.isConnected && document.activeElement === document.body) station.focus();
}

const { agent, expires_at } = await signedIn();
run(/** @type {string} */ (agent), expires_at ?? 0);
