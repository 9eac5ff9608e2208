// Who answers a click on a notification: the real worker, the real pages' half, no browser.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { AgentModel } from '../../../static/js/agent_model.js';
import { Attention } from '../../../static/js/attention.js';
import { ServerClock } from '../../../static/js/clock.js';
import { open } from '../../../static/js/notifier.js';

const WORKER = new URL('../../../static/js/notification_worker.js', import.meta.url);
const HOME = 'https://desk.example.com/agent';
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** What one browser shows on its desktop, and which answer it was asked to close. */
function desktop(...notes) {
  const shown = notes.map(([agent, tag]) => ({ tag, data: { agent, offer: tag } }));
  for (const note of shown) note.close = () => shown.splice(shown.indexOf(note), 1);
  const registration = { scope: HOME, getNotifications: async () => [...shown] };
  return { registration, tags: () => shown.map(({ data, tag }) => `${data.agent} ${tag}`) };
}

/** A tab: the notifier over a model, with the ear that the worker speaks to. */
async function tab(agent, how = {}, where = desktop()) {
  const { sound = 'on', watching = false, offers = ['o1'] } = how;
  const said = [];
  const model = new AgentModel(new ServerClock(() => 0), () => new Promise(() => {}), {
    all: {},
    put() {},
  });
  const list = offers.map((id) => ({ id, conversation: `c-${id}`, expires_at: 9_000 }));
  model.take({ type: 'snapshot', seq: 1, agent: { id: agent }, offers: list, conversations: [] });
  model.sound.value = sound;
  model.watching.value = watching;
  const page = { url: HOME, focused: 0, said };
  const serviceWorker = {
    register: async () => {},
    ready: Promise.resolve(where.registration),
    addEventListener: (_, hear) => (page.hear = hear),
    startMessages() {},
  };
  Object.defineProperty(globalThis, 'navigator', { value: { serviceWorker }, configurable: true });
  const desk = { agent, fit: (id) => model.fit(id), act: (id, what) => said.push(`${what} ${id}`) };
  page.notifier = await open(desk);
  page.postMessage = (data, ports) => page.hear({ data, ports });
  page.focus = async () => (page.focused += 1);
  return page;
}

/** Press a notification, or one of its buttons, while these tabs are open. */
async function press(pages, action, data = { agent: 'anna', offer: 'o1' }) {
  const heard = {};
  const opened = [];
  const self = {
    registration: { scope: HOME },
    clients: { matchAll: async () => pages, openWindow: async (url) => opened.push(url) },
    addEventListener: (type, hear) => (heard[type] = hear),
  };
  class MessageChannel {
    constructor() {
      this.port1 = {};
      this.port2 = { postMessage: (said) => this.port1.onmessage({ data: said }) };
    }
  }
  runInNewContext(readFileSync(WORKER, 'utf8'), { self, MessageChannel, setTimeout: () => {} });
  let done;
  const notification = { data, close() {} };
  heard.notificationclick({ action, notification, waitUntil: (promise) => (done = promise) });
  await done;
  return opened;
}

globalThis.Notification = class {
  static permission = 'granted';
  static maxActions = 2;
};

for (const turned of [false, true])
  test(`only the tab that rings answers, named ${turned ? 'last' : 'first'}`, async () => {
    const rings = await tab('anna');
    const others = [await tab('anna', { sound: 'elsewhere' }), await tab('anna', { sound: 'off' })];
    const pages = turned ? [...others, rings] : [rings, ...others];
    await press(pages, 'accept');
    assert.deepEqual(pages.map(({ said }) => said).flat(), ['accept o1']);
    assert.deepEqual(rings.said, ['accept o1']);
    assert.deepEqual([rings.focused, others[0].focused], [1, 0]);
  });

test('where none rings one of them answers', async () => {
  const pages = [await tab('anna', { sound: 'locked' }), await tab('anna', { sound: 'off' })];
  await press(pages, 'decline');
  assert.deepEqual(pages.map(({ said }) => said).flat(), ['decline o1']);
  assert.deepEqual(pages.map(({ focused }) => focused), [0, 0], 'a decline calls nobody back');
});

test('no tab answers for another agent, for what is over, or while it only watches', async () => {
  const pages = [
    await tab('bob'),
    await tab('anna', { offers: [] }),
    await tab('anna', { watching: true }),
  ];
  await press(pages, 'accept');
  assert.deepEqual(pages.map(({ said }) => said).flat(), []);
  const answering = await tab('anna');
  await press([answering], 'accept', { agent: 'anna', offer: 'o2' });
  assert.deepEqual(answering.said, []);
  assert.deepEqual(await press([], 'accept'), [HOME], 'no tab: the page is opened, no more');
});

test('what a page before this one left is cleared away, once, and nothing that is open', async () => {
  const left = desktop(['anna', 'o1'], ['anna', 'over'], ['bob', 'o1'], ['bob', 'o9']);
  const page = await tab('anna', {}, left);
  page.notifier.tidy(new Set(['o1', 'o9']));
  await settle();
  assert.deepEqual(left.tags(), ['anna o1']);
});

test('the page tidies with its first list of offers and not with every one', async () => {
  globalThis.document = { title: '', querySelector: () => null, getElementById: () => null };
  const attention = new Attention({ agent: 'anna', fit: () => 0, act() {} });
  await attention.part;
  await settle();
  const tidied = [];
  attention.notifier = { tidy: (openOnes) => tidied.push([...openOnes]), show() {} };
  const offer = (id) => ({ id, queue: 'q', channel: 'chat', customer: { name: 'Bo' } });
  attention.update([offer('o1')], () => 60_000);
  attention.update([offer('o1'), offer('o2')], () => 60_000);
  assert.deepEqual(tidied, [['o1']]);
});
