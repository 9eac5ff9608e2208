// @ts-check
/**
 * What supervisors tell this agent: shown until it is dismissed, over, or taken back.
 *
 * MUST NOT be a live region: a message is spoken once, in the polite one of the page. The rule: what
 * was dismissed here stays so over a reload.
 */

import { announce } from './attention.js';
import { html, nothing } from './lit.js';
import { signal } from './signal.js';
import { lamp } from './views/lamps.js';

const READ = 'interlock.read';
const READ_MAX = 100;

/** @typedef {{id: string, text: string, expires_at: number}} Notice */

export class Notices {
  constructor() {
    this.list = signal(/** @type {Notice[]} */ ([]));
    /** @type {string[]} ids that were dismissed in this tab */
    this.read = (sessionStorage.getItem(READ) ?? '').split(' ');
  }

  /** @param {import('./wire.js').Push} push */
  take(push) {
    const { type, broadcasts, broadcast } = push;
    if (type === 'snapshot') this.#show(broadcasts ?? []);
    else if (type === 'broadcast') this.#show([...this.list.value, broadcast]);
    else if (type === 'broadcast_withdrawn') this.#drop(broadcast);
  }

  /** @param {string} id */
  dismiss(id) {
    this.read = [...this.read, id].slice(-READ_MAX);
    sessionStorage.setItem(READ, this.read.join(' '));
    this.#drop(id);
  }

  /** @param {string} id */
  #drop(id) {
    this.list.value = this.list.value.filter((one) => one.id !== id);
  }

  /** @param {Notice[]} list */
  #show(list) {
    const known = this.list.value;
    this.list.value = list.filter(({ id }) => !this.read.includes(id));
    for (const one of this.list.value)
      if (!known.some(({ id }) => id === one.id)) announce(`Message from a supervisor: ${one.text}`);
  }

  /** @param {number} now server time */
  draw(now) {
    return this.list.value.map(({ id, text, expires_at: until }) =>
      until > now
        ? html`<div class="banner banner-note" data-notice=${id}>
            ${lamp('off')}
            <p><strong>From a supervisor:</strong> <bdi>${text}</bdi></p>
            <button class="button" aria-label="Dismiss: ${text}" @click=${() => this.dismiss(id)}>
              Dismiss
            </button>
          </div>`
        : nothing,
    );
  }
}
