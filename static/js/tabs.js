// @ts-check
/**
 * Which of an agent's pages this is: tabs of this browser, told from other devices.
 *
 * MUST NOT talk to the server. The rule: each page holds a lock of the browser as long as it
 * lives, so what the server counts beyond the locks is somewhere else.
 */

export class Tabs {
  /** @param {string} agent whose pages are counted */
  constructor(agent) {
    this.prefix = `interlock.tab.${agent}.`;
    void navigator.locks?.request(this.prefix + crypto.getRandomValues(new Uint32Array(2)), () => {
      return new Promise(() => {});
    });
  }

  /** @param {number} sockets of this agent, as the server counts @returns {Promise<number>} */
  async elsewhere(sockets) {
    if (!navigator.locks || sockets < 2) return 0;
    const { held = [] } = await navigator.locks.query();
    const here = held.filter(({ name }) => name?.startsWith(this.prefix)).length;
    return Math.max(0, sockets - here);
  }
}

/**
 * Answers that were pressed and not yet confirmed, kept over a reload of this tab.
 *
 * MUST NOT keep anything of a customer: ids only. An answer is said again only to what is still
 * open, so a copy of it in a duplicated tab does no harm.
 */
export class Outbox {
  /** @param {string} agent @param {Storage} [storage] of this tab */
  constructor(agent, storage = sessionStorage) {
    this.name = `interlock.outbox.${agent}`;
    this.storage = storage;
  }

  /** @returns {Record<string, import('./wire.js').Command>} by id of what was answered */
  get all() {
    try {
      return JSON.parse(this.storage.getItem(this.name) ?? '{}');
    } catch {
      return {};
    }
  }

  /** @param {string} id @param {import('./wire.js').Command | null} command null: confirmed */
  put(id, command) {
    const { [id]: _old, ...rest } = this.all;
    this.storage.setItem(this.name, JSON.stringify(command ? { ...rest, [id]: command } : rest));
  }
}
