// @ts-check
/**
 * Single-letter shortcuts of the agent page.
 *
 * MUST NOT act while somebody types, while a dialog is open, on a held key, or with a modifier
 * that belongs to the browser. The list shown by `?` is this table, so that the two cannot
 * differ.
 */

/** @type {[key: string, action: string, what: string][]} */
export const SHORTCUTS = [
  ['A', 'accept', 'Accept the marked offer'],
  ['D', 'decline', 'Decline the marked offer'],
  ['J', 'next', 'Mark the next offer'],
  ['K', 'previous', 'Mark the previous offer'],
  ['W', 'finish', 'Finish the wrap-up that ends first'],
  ['P', 'presence', 'Go to the presence switch'],
  ['S', 'sound', 'Sound on or off'],
  ['?', 'help', 'Show this list'],
];

const TYPING = 'input, textarea, select, [contenteditable]:not([contenteditable="false"])';

/** @param {KeyboardEvent} event @returns {string} the action, or '' */
export function actionOf(event) {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing)
    return '';
  const target = /** @type {Element | null} */ (event.target);
  if (target?.closest?.(TYPING) || document.querySelector('dialog[open]')) return '';
  const pressed = event.key.toUpperCase();
  return SHORTCUTS.find(([key]) => key === pressed)?.[1] ?? '';
}
