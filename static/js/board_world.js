// @ts-check
/**
 * What the board needs of the browser: addresses, files to save, and small things to remember.
 *
 * MUST NOT keep anything of a customer or an agent: only how the board is set up.
 */

import { BASE, call } from './api.js';

const PREFIX = 'interlock.board.';

/** @param {string} path */
export const addressOf = (path) => new URL(path, BASE).href;

/** @type {import('./board_model.js').World} */
export const world = {
  call,
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(PREFIX + key) ?? 'null');
    } catch {
      return null;
    }
  },
  write(key, value) {
    try {
      localStorage.setItem(PREFIX + key, JSON.stringify(value));
    } catch {
      // Private windows may refuse; the board then asks again next time.
    }
  },
};

/** Have the browser save a text as a file. @param {string} name @param {string} text */
export function save(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Whether the server says it can work; null when nobody can be asked. */
export async function readiness() {
  try {
    const answer = await fetch(addressOf('readyz'), { cache: 'no-store' });
    const said = await answer.json();
    return Array.isArray(said?.reasons) ? said : null;
  } catch {
    return null;
  }
}
