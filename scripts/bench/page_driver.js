// Stands in for the server inside the agent page: frames go in without a network, and the time
// from a frame's arrival until its card is painted is kept. Injected by page.py before the page's
// own scripts; `drive` is what page.py calls.
{
  const GRACE_MS = 20_000;
  let seq = 0;
  let page = null;
  let made = 0;
  const arrived = new Map();
  const taken = [];
  const now = () => performance.timeOrigin + performance.now();

  const held = (id) => ({
    id, queue: 'billing', queue_name: 'Billing', channel: 'chat', state: 'assigned', priority: 0,
    units: 1, customer: { name: `Customer ${id}`, plan: 'Gold' }, subject: 'About my order',
    attributes: { order: id }, enqueued_at: now() - 9_000, assigned_at: now(), disposition: null,
    wrap_until: null, wrap_extendable: true, idle: false,
  });
  const offer = (id) => ({
    id, conversation: `c-${id}`, queue: 'billing', queue_name: 'Billing', channel: 'chat',
    priority: 0, customer: { name: `Customer ${id}` }, subject: 'Where is my parcel?',
    waited_ms: 4_000, made_at: now(), expires_at: now() + 20_000, expires_in_ms: 20_000, units: 1,
    decline_reasons: [], why: { strategy: 'longest_idle', level: 1, ring: 1, members: 12 },
  });
  const agent = {
    id: 'bench', name: 'Bench', presence: 'available', custom_presence: null, reason: '',
    plan: null, channels: ['chat'], by: 'agent:bench', since: now(), connection: 'connected',
    routable: true, why_not: [], blocked: {}, load: {}, load_units: 0, capacity: { chat: 40 },
    units: null, pull: false, queues: { billing: 'Billing' },
  };
  const hear = (frame) => page?.onmessage({ data: JSON.stringify(frame) });
  const push = (type, body) => hear({ type, seq: (seq += 1), at: Math.round(now()), ...body });

  const answers = {
    hello() {
      push('snapshot', { agent, offers: [], conversations: Array.from({ length: 12 }, (_, n) => held(`h${n}`)) });
    },
    accept({ offer: id }) {
      push('offer_ended', { offer: id, outcome: 'accepted', reason: '' });
      push('assigned', { conversation: held(`c-${id}`) });
    },
    complete({ conversation }) {
      push('conversation_ended', { conversation, reason: 'completed' });
    },
  };
  window.WebSocket = class {
    constructor() {
      page = this;
      setTimeout(() => this.onopen());
    }
    send(text) {
      const frame = JSON.parse(text);
      if (frame.type === 'pong') return;
      const welcome = { session: 's', secret: 'x', gen: 'g', mode: 'snapshot', server_time: now(), ping_every_ms: 600_000, grace_ms: GRACE_MS, sockets: 1 };
      setTimeout(() => {
        hear({ type: 'reply', ref: frame.ref, ok: true, ...(frame.type === 'hello' ? welcome : {}) });
        answers[frame.type]?.(frame);
      });
    }
    close() {}
  };

  /** After the frame in which the card stands was painted. */
  const painted = () =>
    new Promise((done) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = done;
        port2.postMessage('');
      });
    });
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  /** So many offers, each answered, `everyMs` apart; the times to paint in ms when `watch`. */
  window.drive = async (count, everyMs, watch) => {
    taken.length = 0;
    for (let turn = 0; turn < count; turn += 1) {
      const id = `o${(made += 1)}`;
      arrived.set(id, performance.now());
      push('offer', { offer: offer(id) });
      const card = document.querySelector(`[data-offer="${id}"]`);
      if (!card) throw new Error(`no card for ${id}`);
      if (watch) {
        await painted();
        taken.push(performance.now() - arrived.get(id));
      }
      arrived.delete(id);
      if (turn % 5 === 4) push('offer_ended', { offer: id, outcome: 'rescinded', reason: 'taken' });
      else {
        card.querySelector('.accept').click();
        await pause(0);
        const all = document.querySelectorAll('[data-conversation]');
        if (all.length > 12) all[all.length - 1].querySelector('.button.main').click();
      }
      await pause(everyMs);
    }
    return taken;
  };
}
