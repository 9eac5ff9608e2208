// @ts-check
/**
 * Reaches a person who looks elsewhere: title, icon, spoken announcements, notifications.
 *
 * MUST NOT repeat itself: each offer is announced once, and its time at 10, 5 and 0 seconds
 * only. What is read aloud goes through the two live regions of the page as text.
 */

import { secondsLeft } from './clock.js';
import { queueOf, shortName } from './words.js';

const MARKS = [10, 5, 0];
const TITLE = 'Interlock';

/** Each text is a line of its own, so that the next one does not swallow it. */
const LINES_MAX = 3;

/** @param {string} id @param {string} text */
function speak(id, text) {
  const region = document.getElementById(id);
  if (!region) return;
  const line = document.createElement('p');
  line.textContent = text;
  region.append(line);
  while (region.childElementCount > LINES_MAX) region.firstElementChild?.remove();
}

/** Said at once, over anything else. @param {string} text */
export const announceNow = (text) => speak('live-now', text);

/** Said when there is a pause. @param {string} text */
export const announce = (text) => speak('live-soon', text);

export class Attention {
  /** @param {import('./notifier.js').Desk} desk who answers what is pressed in a notification */
  constructor(desk) {
    /** @type {Map<string, {mark: number, note: import('./notifier.js').Note | null}>} */
    this.known = new Map();
    this.desk = desk;
    /** @type {import('./notifier.js').Notifier | null} */
    this.notifier = null;
    /** @type {Promise<import('./notifier.js').Notifier | null> | null} */
    this.part = null;
    this.tidied = false;
    void this.#equip();
  }

  /** What shows notifications is fetched once the person wants them. */
  async #equip() {
    if (this.notifier || this.permission !== 'granted') return;
    this.part ??= import('./notifier.js').then(({ open }) => open(this.desk)).catch(() => null);
    this.notifier = await this.part;
    if (this.notifier) this.tidied = false;
    else this.part = null;
  }

  /** Whether the browser may show notifications: `default` means nobody was asked yet. */
  get permission() {
    return 'Notification' in globalThis ? Notification.permission : 'denied';
  }

  /** Ask the browser; the person has pressed a button for it. */
  async ask() {
    await Notification.requestPermission();
    await this.#equip();
  }

  /** Show one notification whatever is on the screen, if it may. */
  async test() {
    if (this.permission !== 'granted') return;
    await this.#equip();
    this.notifier?.show('This is how an offer looks', TITLE, 'interlock.test');
  }

  /**
   * @param {import('./store.js').Offer[]} offers
   * @param {(deadline: number) => number} remaining
   */
  update(offers, remaining) {
    this.#badge(offers);
    if (!this.tidied) this.notifier?.tidy(new Set(offers.map(({ id }) => id)));
    this.tidied = true;
    for (const offer of offers) {
      const known = this.known.get(offer.id) ?? this.#arrived(offer, remaining(offer.expires_at));
      const left = secondsLeft(remaining(offer.expires_at));
      const mark = MARKS.findLast((bound) => left <= bound) ?? Infinity;
      if (mark < known.mark) {
        known.mark = mark;
        announce(
          left === 0
            ? `Time is up for ${shortName(offer)}`
            : `${left} seconds left for ${shortName(offer)}`,
        );
      }
    }
    const open = new Set(offers.map(({ id }) => id));
    for (const [id, { note }] of this.known) {
      if (open.has(id)) continue;
      note?.close();
      this.known.delete(id);
    }
  }

  /** @param {import('./store.js').Offer} offer @param {number} left ms */
  #arrived(offer, left) {
    const text = `${shortName(offer)}, ${offer.channel}, ${queueOf(offer)}`;
    announceNow(`New offer: ${text}. ${secondsLeft(left)} seconds.`);
    const known = { mark: Infinity, note: this.#notify(offer, text) };
    const passed = MARKS.filter((bound) => secondsLeft(left) <= bound);
    if (passed.length > 0) known.mark = Math.min(...passed);
    this.known.set(offer.id, known);
    return known;
  }

  /** @param {import('./store.js').Offer} offer @param {string} text */
  #notify(offer, text) {
    if (!document.hidden || this.permission !== 'granted') return null;
    const options = { requireInteraction: true };
    const shown = this.#equip().then(() =>
      this.notifier?.show('New offer', text, offer.id, options),
    );
    return { close: () => void shown.then((note) => note?.close()) };
  }

  /** @param {import('./store.js').Offer[]} offers */
  #badge(offers) {
    const title =
      offers.length > 0 ? `(${offers.length}) ${shortName(offers[0])} · ${TITLE}` : TITLE;
    if (document.title !== title) document.title = title;
    const icon = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel="icon"]'));
    const name = offers.length > 0 ? 'icon-offer.svg' : 'icon.svg';
    const href = new URL(`../${name}`, import.meta.url).href;
    if (icon && icon.href !== href) icon.href = href;
  }
}
