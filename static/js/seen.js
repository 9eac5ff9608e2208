// @ts-check
/**
 * Notices that an offer is really before somebody's eyes: its card on the screen, the page not
 * hidden.
 *
 * MUST NOT report an offer twice. Looks again when the page becomes visible.
 */

export class SeenWatch {
  /** @param {(offer: string) => void} onSeen */
  constructor(onSeen) {
    this.onSeen = onSeen;
    /** @type {Set<string>} */
    this.reported = new Set();
    /** @type {Set<Element>} */
    this.inView = new Set();
    this.observer = new IntersectionObserver((entries) => this.#moved(entries), { threshold: 0.5 });
    document.addEventListener('visibilitychange', () => this.#report());
  }

  /** Watch the cards that are there now. @param {ParentNode} root */
  sync(root) {
    for (const card of root.querySelectorAll('[data-offer]')) this.observer.observe(card);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #moved(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.inView.add(target);
      else this.inView.delete(target);
    }
    this.#report();
  }

  #report() {
    if (document.hidden) return;
    for (const card of this.inView) {
      const offer = card.getAttribute('data-offer') ?? '';
      if (!card.isConnected || this.reported.has(offer)) continue;
      this.reported.add(offer);
      this.onSeen(offer);
    }
  }
}
