// @ts-check
/**
 * Links to the wallboard, as what an admin can do with them: see `board_actions.js`.
 *
 * MUST NOT keep a link: its key is shown once, to whoever made it.
 */

/**
 * @typedef {import('./board_store.js').Row} Row
 * @typedef {import('./board_actions.js').Action} Action
 */

/** Enough for the name of a place. */
const NAME_MAX = 64;

/** @type {Record<string, Action>} */
export const LINKS = {
  link: {
    title: 'Make a link to the wallboard',
    verb: 'Make the link',
    admin: true,
    saysItself: true,
    fields: () => [
      { name: 'text', label: 'Where it hangs', kind: 'line', most: NAME_MAX, value: '' },
    ],
    preview: () => [
      'Whoever has the link sees the wallboard, without a sign-in, until it is taken back.',
      'It names no person, acts on nothing, and opens nothing else. It is shown once.',
    ],
    request: (_, { text }) => ({
      method: 'POST',
      path: 'v1/keys',
      body: { role: 'viewer', name: text },
    }),
    undo: (_, { text }, answer) => ({
      action: 'unlink',
      subject: { id: answer?.id, name: text },
      said: {},
    }),
    done: (_, { text }) => `Made a link to the wallboard: ${text}`,
  },
  unlink: {
    title: 'Take the link back',
    verb: 'Take back',
    grave: true,
    admin: true,
    saysItself: true,
    preview: ({ id, name }) => [
      `“${name || id}”: every screen that shows it goes blank within seconds.`,
      'Another link has to be brought to that screen.',
    ],
    request: ({ id }) => ({ method: 'DELETE', path: `v1/keys/${encodeURIComponent(id)}` }),
    undo: () => null,
    done: ({ id, name }) => `Took the link back: ${name || id}`,
  },
};
