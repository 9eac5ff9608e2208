// Stands in for the server inside the board: a floor, then changes of it as fast as they can be
// folded. Injected by page.py before the page's own scripts; `drive` is what heap.py calls.
{
  const [QUEUES, AGENTS, CHANGED] = [60, 120, 12];
  let seq = 0;
  let page = null;
  let made = 0;
  let seed = 1;
  const chance = (below) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const now = () => Math.round(performance.timeOrigin + performance.now());
  const name = (kind, number) => `${kind}${String(number).padStart(4, '0')}`;

  const queue = (id, at) => {
    const waiting = chance(9);
    const sick = chance(40) === 0;
    return {
      id, name: `Queue ${id}`, waiting, oldest_wait_ms: waiting ? chance(90_000) : null,
      waiting_by_age: { within_target: waiting, over_target: 0, over_3_targets: 0 },
      offered: chance(3), assigned: chance(40), wrapping: chance(4), members: 20, members_on: 12,
      routable: chance(12), capacity_free: chance(20), asa_ms: chance(60_000), aht_ms: 200_000,
      service_level: { percent: 50 + chance(50), target_ms: 20_000, variant: 'event_time', promise_percent: 80 },
      last_offer_at: at - chance(90_000), abandoned: chance(30), answered: chance(900), overflowed: 0,
      offers: { made: 900, accepted: 850, declined: 30, timed_out: 20 }, status: 'open', open: true,
      health: { state: sick ? 'starved' : 'ok', since: at, cause: null, text: sick ? 'All members are busy.' : null },
    };
  };
  const agent = (id, at) => {
    const load = chance(4);
    return {
      id, name: `Agent ${id}`, presence: 'available', custom_presence: null, reason: '', plan: null,
      connection: 'connected', routable: load < 3, why_not: load < 3 ? [] : ['at_capacity'], load, capacity: 3,
      since: at, missed_streak: 0, queues: [name('q', chance(QUEUES))], offers: [],
      conversations: Array.from({ length: load }, (_, one) => `c${one}`),
    };
  };
  const incident = (id, state, at) => ({
    id, state, cause: 'lost_wake_up', title: 'Somebody waited', since: at, opened_at: at, queue: null,
    conversation: null, agent: null, text: 'Nobody was asked.', evidence: {}, steps_left_off: 0,
    steps: [{ at, step: 'repaired', text: 'Looked anew.', by: 'watchdog', evidence: {} }],
    acknowledged_by: null, resolved_at: null, resolution: null, conversations: null, waited_ms: null,
  });
  const all = (kind, count, row) => Array.from({ length: count }, (_, one) => row(name(kind, one), now()));
  const hear = (frame) => page?.onmessage({ data: JSON.stringify(frame) });
  const push = (type, body) => hear({ type, seq: (seq += 1), at: now(), ...body });
  const totals = (waiting) => ({ waiting, agents: AGENTS, offers: { made: made, accepted: made } });

  /** One change: rows that differ, and now and then one that comes, goes, or falls ill. */
  function change() {
    const at = now();
    made += 1;
    const changes = {
      as_of: at,
      totals: totals(chance(30)),
      queues: Array.from({ length: CHANGED }, () => queue(name('q', chance(QUEUES)), at)),
      agents: Array.from({ length: CHANGED }, () => agent(name('a', chance(AGENTS)), at)),
    };
    if (made % 50 === 1) changes.queues.push(queue(`visitor${made}`, at));
    if (made % 50 === 26) changes.queues_removed = [`visitor${made - 25}`];
    push('delta', { changes });
    if (made % 100 === 40) push('incident', { incident: incident(`i-${made}`, 'open', at) });
    if (made % 100 === 90) push('incident', { incident: incident(`i-${made - 50}`, 'resolved', at) });
  }

  window.WebSocket = class {
    constructor() {
      page = this;
      setTimeout(() => this.onopen());
    }
    send(text) {
      const { type, ref } = JSON.parse(text);
      if (type !== 'hello') return;
      const session = { session: 's', secret: 'x', gen: 'g', mode: 'snapshot', ping_every_ms: 600_000, grace_ms: 20_000, sockets: 1 };
      setTimeout(() => {
        hear({ type: 'reply', ref, ok: true, server_time: now(), ...session });
        const board = { as_of: now(), position: '1-1', workspace: 'bench', totals: totals(9), queues: all('q', QUEUES, queue), agents: all('a', AGENTS, agent) };
        push('snapshot', { board });
      });
    }
    close() {}
  };

  /** So many changes, the page drawn after each `every` of them. */
  window.drive = async (count, every) => {
    for (let turn = 1; turn <= count; turn += 1) {
      change();
      if (turn % every) continue;
      // What a person does is drawn with the next frame, and all that was heard with it.
      dispatchEvent(new HashChangeEvent('hashchange'));
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }
  };
}
