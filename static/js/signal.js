// @ts-check
/**
 * Values that redraw what reads them: a signal, an effect, a batch; forty lines instead of a
 * library.
 *
 * The rule: effects run in the order in which they were made, once for a batch, and never inside
 * one another. MUST NOT be used to compute: derived values are plain functions of the state.
 */

/** @template T @typedef {{value: T}} Signal */
/** @typedef {{id: number, run: () => void, sources: Set<Set<Effect>>}} Effect */

const TURNS_MAX = 100;
/** @type {Set<Effect>} */
const pending = new Set();
let count = 0;
let depth = 0;
/** @type {Effect | null} */
let running = null;

/** @template T @param {T} value @returns {Signal<T>} */
export function signal(value) {
  /** @type {Set<Effect>} */
  const readers = new Set();
  return {
    get value() {
      if (running) {
        readers.add(running);
        running.sources.add(readers);
      }
      return value;
    },
    set value(next) {
      if (Object.is(value, next)) return;
      value = next;
      for (const reader of readers) pending.add(reader);
      batch(() => {});
    },
  };
}

/** Run now, and again whenever something changes that the last run has read. @param {() => void} run */
export function effect(run) {
  start({ id: ++count, run, sources: new Set() });
}

/** Several changes, one redraw. @param {() => void} change */
export function batch(change) {
  depth += 1;
  try {
    change();
    for (let turn = 0; depth === 1 && pending.size > 0; turn += 1) {
      if (turn > TURNS_MAX) {
        pending.clear();
        throw new Error('effects change what they read');
      }
      const first = [...pending].sort((a, b) => a.id - b.id)[0];
      pending.delete(first);
      start(first);
    }
  } finally {
    depth -= 1;
  }
}

/** @param {Effect} one */
function start(one) {
  for (const readers of one.sources) readers.delete(one);
  one.sources.clear();
  const outer = running;
  running = one;
  try {
    one.run();
  } finally {
    running = outer;
  }
}
