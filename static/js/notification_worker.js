// @ts-check
/**
 * Takes the clicks on notifications, also while every tab is in the background, to one tab.
 *
 * MUST NOT touch requests, keep anything, or speak to the server: an answer is given by a tab that
 * has the offer before it, or not at all. The rule: all tabs are asked, and the best one acts once.
 */

const ASK_WITHIN_MS = 2_000;
const worker = /** @type {any} */ (self);

/**
 * @param {any} page
 * @param {object} question
 * @returns {Promise<number>} what the page says of itself; 0 when it says nothing
 */
function ask(page, question) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(Number(data) || 0);
    setTimeout(resolve, ASK_WITHIN_MS, 0);
    page.postMessage(question, [port2]);
  });
}

/** @param {string} action '' for the notification itself @param {any} about */
async function answer(action, about) {
  const home = worker.registration.scope;
  const all = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const pages = all.filter((/** @type {any} */ { url }) => url.startsWith(home));
  const said = pages.map(async (/** @type {any} */ page) => ({
    page,
    fit: await ask(page, { ...about, kind: 'fit' }),
  }));
  const [best] = (await Promise.all(said)).sort((a, b) => b.fit - a.fit);
  if (action && best?.fit > 0) await ask(best.page, { ...about, kind: action });
  if (action === 'decline' && best) return;
  // The browser lets a worker do this for a moment after a click only.
  const shown = best ? best.page.focus() : worker.clients.openWindow(home);
  await shown.catch(() => {});
}

worker.addEventListener('install', () => worker.skipWaiting());
worker.addEventListener('notificationclick', (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(answer(event.action, event.notification.data ?? {}));
});
