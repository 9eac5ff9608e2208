// @ts-check
/**
 * Notifications. Where the browser can they carry the answers: a service worker shows them, and
 * its clicks come back here. Elsewhere a click brings this page to the front.
 *
 * MUST NOT answer by itself: a click becomes the very command that the button on the card gives.
 * The rule: nothing of a click is believed but which offer of this page it means.
 */

import { BASE } from './api.js';

/**
 * @typedef {{agent: string, fit: (offer: string) => number,
 *            act: (offer: string, action: string) => void}} Desk `fit`: 0 when this page cannot
 * answer that offer now, more the better it is placed
 * @typedef {{close: () => void}} Note
 * @typedef {{show: (title: string, body: string, offer: string, more?: NotificationOptions) => Note,
 *            tidy: (open: Set<string>) => void}} Notifier `tidy` closes what a page before this one
 * left of offers that are not open
 */

const SCRIPT = new URL('notification_worker.js', BASE).href;
const ACTIONS = [
  { action: 'accept', title: 'Accept' },
  { action: 'decline', title: 'Decline' },
];

/** The address of the one script that may run as a worker. @returns {any} */
function script() {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  const policy = trustedTypes?.createPolicy('interlock-worker', {
    createScriptURL: (/** @type {string} */ url) => (url === SCRIPT ? url : ''),
  });
  return policy?.createScriptURL(SCRIPT) ?? SCRIPT;
}

/** @param {Desk} desk @returns {Promise<Notifier>} */
export async function open(desk) {
  const { maxActions = 0 } = /** @type {any} */ (Notification);
  if (!maxActions || !navigator.serviceWorker) return { show: showPlain, tidy() {} };
  try {
    await navigator.serviceWorker.register(script(), { scope: new URL('agent', BASE).href });
    return new Answerable(await navigator.serviceWorker.ready, desk);
  } catch (problem) {
    console.info('notifications come without answers', problem);
    return { show: showPlain, tidy() {} };
  }
}

/** @type {Notifier['show']} */
function showPlain(title, body, offer, more) {
  const note = new Notification(title, { body, tag: offer, ...more });
  note.onclick = () => {
    window.focus();
    note.close();
  };
  return note;
}

class Answerable {
  /** @param {ServiceWorkerRegistration} registration @param {Desk} desk */
  constructor(registration, desk) {
    this.registration = registration;
    this.desk = desk;
    navigator.serviceWorker.addEventListener('message', (event) => this.#hear(event));
    navigator.serviceWorker.startMessages();
  }

  /** @type {Notifier['show']} */
  show(title, body, offer, more) {
    const data = { agent: this.desk.agent, offer };
    const options = { body, tag: offer, data, actions: ACTIONS, ...more };
    const shown = this.registration.showNotification(title, options);
    return { close: () => void shown.then(() => this.#close(({ tag }) => tag === offer)) };
  }

  /** @type {Notifier['tidy']} */
  tidy(open) {
    void this.#close(({ tag, data }) => data?.agent !== this.desk.agent || !open.has(tag));
  }

  /** @param {(note: Notification) => boolean} meant */
  async #close(meant) {
    for (const note of await this.registration.getNotifications()) if (meant(note)) note.close();
  }

  /** @param {MessageEvent} event from the worker: `fit`, or an action that this page was chosen for */
  #hear({ data: { kind, agent, offer }, ports: [port] }) {
    const fit = agent === this.desk.agent ? this.desk.fit(offer) : 0;
    if (fit > 0 && kind !== 'fit') this.desk.act(offer, kind);
    port?.postMessage(fit);
  }
}
