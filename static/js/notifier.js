// @ts-check
/**
 * Notifications that carry the answers: shown by a service worker, whose clicks come back here.
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

export class Notifier {
  /** @param {ServiceWorkerRegistration} registration @param {Desk} desk */
  constructor(registration, desk) {
    this.registration = registration;
    this.desk = desk;
    navigator.serviceWorker.addEventListener('message', (event) => this.#hear(event));
    navigator.serviceWorker.startMessages();
  }

  /** @param {Desk} desk @returns {Promise<Notifier>} once the worker is there */
  static async open(desk) {
    await navigator.serviceWorker.register(script(), { scope: new URL('agent', BASE).href });
    return new Notifier(await navigator.serviceWorker.ready, desk);
  }

  /**
   * @param {string} title @param {string} body @param {string} offer id
   * @param {NotificationOptions} [more]
   * @returns {Note}
   */
  show(title, body, offer, more) {
    const data = { agent: this.desk.agent, offer };
    const options = { body, tag: offer, data, actions: ACTIONS, ...more };
    const shown = this.registration.showNotification(title, options);
    return { close: () => void shown.then(() => this.#close(({ tag }) => tag === offer)) };
  }

  /** Close what a page before this one left. @param {Set<string>} open ids of offers */
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
