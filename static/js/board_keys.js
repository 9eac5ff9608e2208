// @ts-check
/**
 * Single-letter shortcuts of the board. The list shown by `?` is this table, so that the two cannot
 * differ.
 *
 * MUST NOT act while somebody types, while a dialog is open, or with a modifier that belongs to the
 * browser.
 */

/** @type {[key: string, action: string, what: string][]} */
export const SHORTCUTS = [
  ['/', 'find', 'Find in the table'],
  ['Q', 'queues', 'Queues'],
  ['A', 'agents', 'Agents'],
  ['I', 'incidents', 'Incidents'],
  ['N', 'quarantine', 'Quarantine'],
  ['D', 'day', 'The course of the day'],
  ['C', 'changes', 'Changes of configuration'],
  ['!', 'attention', 'Go to what needs attention'],
  ['O', 'conversation', 'Open a conversation by its id'],
  ['M', 'messages', 'Messages to agents'],
  ['F', 'repairs', 'Freeze repairs, or let them go on'],
  ['T', 'earlier', 'The board as it was, and live again'],
  ['L', 'log', 'What was done from this board'],
  ['W', 'wall', 'Wallboard on or off'],
  ['?', 'keys', 'Show this list'],
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
