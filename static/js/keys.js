// @ts-check
/**
 * Single-letter shortcuts of the agent page.
 *
 * MUST NOT act while somebody types, while a dialog is open, on a held key, or with a modifier
 * that belongs to the browser. The list shown by `?` is this table, so that the two cannot
 * differ; who speaks to the machine turns the letters off there.
 */

/** @type {[key: string, action: string, what: string][]} */
export const SHORTCUTS = [
  ['A', 'accept', 'Accept the marked offer'],
  ['D', 'decline', 'Decline the marked offer'],
  ['R', 'reason', 'Decline it with a reason'],
  ['J', 'next', 'Mark the next offer'],
  ['K', 'previous', 'Mark the previous offer'],
  ['H', 'hand', 'Go to the next conversation'],
  ['C', 'complete', 'Complete this conversation, or the oldest in hand'],
  ['T', 'transfer', 'Transfer it'],
  ['W', 'finish', 'Finish the wrap-up that ends first'],
  ['E', 'extend', 'One minute more for it'],
  ['N', 'pick', 'Pick the next from a queue, if you may'],
  ['P', 'presence', 'Go to the presence switch'],
  ['V', 'available', 'Available'],
  ['F', 'after', 'Finish, then away'],
  ['M', 'day', 'My day'],
  ['S', 'sound', 'Sound on or off'],
  ['G', 'alerts', 'Alerts: choose and test them'],
  ['?', 'help', 'Show this list'],
];

const TYPING = 'input, textarea, select, [contenteditable]:not([contenteditable="false"])';
const OFF = 'interlock.keys';

/** Whether single letters act at all. */
export const areOn = () => localStorage.getItem(OFF) !== 'off';

/** @param {boolean} on */
export const turn = (on) => localStorage.setItem(OFF, on ? 'on' : 'off');

/** @param {KeyboardEvent} event @returns {string} the action, or '' */
export function actionOf(event) {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing)
    return '';
  const target = /** @type {Element | null} */ (event.target);
  if (target?.closest?.(TYPING) || document.querySelector('dialog[open]')) return '';
  const pressed = event.key.toUpperCase();
  if (pressed !== '?' && !areOn()) return '';
  return SHORTCUTS.find(([key]) => key === pressed)?.[1] ?? '';
}
