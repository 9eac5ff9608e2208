// One session over many sockets: resume, gaps, back-off, drains, close codes.
// Time and network are the test's.
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { HttpProblem } from '../../../static/js/api.js';
import { ServerClock } from '../../../static/js/clock.js';
import { Link, backOff } from '../../../static/js/socket.js';

class FakeSocket {
  constructor(address, protocol) {
    Object.assign(this, { address, protocol, sent: [], closedWith: undefined });
    FakeSocket.all.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close(code) {
    this.closedWith = code;
  }
  hear(frame) {
    this.onmessage({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
  }
  of(type) {
    return this.sent.filter((frame) => frame.type === type);
  }
}
FakeSocket.all = [];

const settle = async () => {
  for (let turn = 0; turn < 8; turn += 1) await null;
};
const newest = () => FakeSocket.all.at(-1);

/** A page with one link; `time` moves timers and the clock together. */
function page(options = {}) {
  const local = { now: 1_000 };
  const heard = { pushes: [], phases: [] };
  const world = {
    WebSocket: FakeSocket,
    ticket: async () => 'ticket',
    address: () => 'ws://here/ws',
    random: () => 0.5,
    ...options,
  };
  const clock = new ServerClock(() => local.now);
  const link = new Link({
    who: { role: 'agent', agent: 'anna' },
    clock,
    world,
    onPush: (push) => heard.pushes.push(push),
    onPhase: (phase) => heard.phases.push(phase),
  });
  const pass = async (ms) => {
    local.now += ms;
    mock.timers.tick(ms);
    await settle();
  };
  return { link, heard, pass, local, world };
}

/** Let the newest socket open and be welcomed. */
function welcome({ mode = 'snapshot', session = 's1', seq = 1, ...more } = {}) {
  const socket = newest();
  socket.onopen();
  socket.hear({
    type: 'reply',
    ref: socket.of('hello')[0].ref,
    ok: true,
    session,
    secret: 'x',
    gen: 'g',
    mode,
    server_time: 9_000,
    ping_every_ms: 10_000,
    grace_ms: 20_000,
    ...more,
  });
  if (mode === 'snapshot')
    socket.hear({ type: 'snapshot', seq, at: 9_000, agent: {}, offers: [], conversations: [] });
  return socket;
}

async function connected(options) {
  const here = page(options);
  here.link.start();
  await settle();
  return { ...here, socket: welcome() };
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  FakeSocket.all = [];
});

test('hello carries ticket and instance; the snapshot makes it connected', async () => {
  const { link, socket, heard } = await connected();
  const [hello] = socket.of('hello');
  assert.equal(socket.protocol, 'interlock.v1');
  assert.equal(hello.ticket, 'ticket');
  assert.match(hello.instance, /^[0-9a-z]{8}$/);
  assert.equal(hello.resume, undefined);
  assert.equal(link.phase.stage, 'connected');
  assert.equal(heard.pushes[0].type, 'snapshot');
});

test('a ping is answered from the message itself', async () => {
  const { socket } = await connected();
  socket.hear({ type: 'ping', seq: 2, ping: 'p7', server_time: 9_500 });
  assert.deepEqual(socket.of('pong'), [{ type: 'pong', ping: 'p7' }]);
});

test('after a loss the session is resumed and open commands are sent again', async () => {
  const { link, socket, pass } = await connected();
  socket.hear({ type: 'routable', seq: 2, routable: true });
  void link.send({ type: 'accept', offer: 'o1' });
  socket.onclose({ code: 1006 });
  assert.equal(link.phase.stage, 'reconnecting');
  assert.equal(link.phase.heldUntil - link.clock.local(), 20_000);
  await pass(500);
  const second = welcome({ mode: 'replay' });
  assert.deepEqual(second.of('hello')[0].resume, { session: 's1', secret: 'x', gen: 'g', seq: 2 });
  assert.equal(second.of('accept')[0].ref, socket.of('accept')[0].ref);
  assert.equal(link.phase.stage, 'connected');
});

test('a repeated push is applied once', async () => {
  const { socket, heard } = await connected();
  socket.hear({ type: 'routable', seq: 2 });
  socket.hear({ type: 'routable', seq: 2 });
  assert.equal(heard.pushes.length, 2);
});

test('a hole in the sequence asks for a snapshot', async () => {
  const { link, socket, heard, pass } = await connected();
  socket.hear({ type: 'routable', seq: 3 });
  assert.equal(heard.pushes.length, 1, 'what came after the hole is not applied');
  assert.equal(socket.closedWith, 4000);
  await pass(500);
  assert.equal(welcome().of('hello')[0].resume, undefined);
  assert.equal(link.phase.stage, 'connected');
});

test('an unreadable frame asks for a snapshot too', async () => {
  const { socket, pass } = await connected();
  socket.hear('{"type":');
  await pass(500);
  assert.equal(welcome().of('hello')[0].resume, undefined);
});

test('a page that folded nothing resumes nothing: a reloaded tab asks for a snapshot', async () => {
  const { socket } = await connected();
  const reloaded = page({ random: () => 0.25 });
  reloaded.link.start();
  await settle();
  newest().onopen();
  const [hello] = newest().of('hello');
  assert.equal(hello.resume, undefined);
  assert.notEqual(hello.instance, socket.of('hello')[0].instance);
});

test('4001 comes back without the old session', async () => {
  const { socket, pass } = await connected();
  socket.onclose({ code: 4001 });
  await pass(500);
  assert.equal(welcome().of('hello')[0].resume, undefined);
});

test('4500-4999 do not come back, and settle what was open', async () => {
  const { link, socket, pass } = await connected();
  const answer = link.send({ type: 'accept', offer: 'o1' });
  socket.onclose({ code: 4502 });
  assert.deepEqual([link.phase.stage, link.phase.code], ['over', 'closed_4502']);
  assert.equal((await answer).code, 'signed_off');
  await pass(120_000);
  assert.equal(FakeSocket.all.length, 1);
  assert.equal((await link.send({ type: 'accept', offer: 'o2' })).code, 'signed_off');
});

test('a refused ticket is worth a few new ones, not endless ones', async () => {
  const { link, pass } = page();
  link.start();
  await settle();
  for (let round = 0; round < 9 && link.phase.stage !== 'over'; round += 1) {
    newest().onopen();
    newest().onclose({ code: 4500 });
    await pass(30_000);
  }
  assert.equal(FakeSocket.all.length, 4);
});

test('draining: the server’s delay is honoured, also when it closes earlier', async () => {
  const { socket, pass } = await connected();
  socket.hear({ type: 'draining', seq: 2, reconnect_in_ms: 7_000 });
  socket.onclose({ code: 1012 });
  await pass(6_900);
  assert.equal(FakeSocket.all.length, 1);
  await pass(200);
  assert.equal(FakeSocket.all.length, 2);
});

test('draining: when its time has come the page goes by itself', async () => {
  const { link, socket, pass } = await connected();
  socket.hear({ type: 'draining', seq: 2, reconnect_in_ms: 3_000 });
  await pass(3_000);
  link.check();
  assert.equal(socket.closedWith, 4000);
  await pass(1);
  assert.equal(FakeSocket.all.length, 2);
});

test('silence: first doubted, then the socket is given up', async () => {
  const { link, socket, pass } = await connected();
  await pass(19_000);
  link.check();
  assert.equal(link.isStale(), true);
  assert.equal(link.phase.stage, 'connected');
  await pass(7_000);
  link.check();
  assert.equal(socket.closedWith, 4000);
  assert.equal(link.phase.stage, 'reconnecting');
});

test('past the grace it is called lost, and still tried', async () => {
  const { link, socket, pass } = await connected({ ticket: async () => 'ticket' });
  socket.onclose({ code: 1006 });
  await pass(20_100);
  newest().onclose({ code: 1006 });
  link.check();
  assert.equal(link.phase.stage, 'lost');
  await pass(30_000);
  welcome({ session: 's2' });
  assert.equal(link.phase.stage, 'connected');
});

test('an unreachable server is tried again, later each time; Retry-After is a floor', async () => {
  const problems = [
    new HttpProblem(0, 'unreachable', ''),
    new HttpProblem(503, 'store_unavailable', '', 5_000),
  ];
  const { link, pass } = page({
    ticket: async () => {
      if (problems.length > 0) throw problems.shift();
      return 't';
    },
  });
  link.start();
  await settle();
  assert.equal(link.phase.retryAt - link.clock.local(), 500);
  await pass(500);
  assert.equal(link.phase.retryAt - link.clock.local(), 6_000);
  await pass(6_000);
  assert.equal(FakeSocket.all.length, 1);
});

test('a ticket refused with 401 means: sign in again', async () => {
  const { link } = page({
    ticket: async () => {
      throw new HttpProblem(401, 'unauthenticated', '');
    },
  });
  link.start();
  await settle();
  assert.deepEqual([link.phase.stage, link.phase.code], ['over', 'signed_out']);
});

test('a handshake that gets nowhere is given up', async () => {
  const { link, pass } = page();
  link.start();
  await settle();
  newest().onopen();
  await pass(12_000);
  assert.equal(newest().closedWith, 4000);
  await pass(500);
  assert.equal(FakeSocket.all.length, 2);
});

test('what an old socket says after it was given up is ignored', async () => {
  const { socket, heard, pass } = await connected();
  socket.onclose({ code: 1006 });
  await pass(500);
  welcome({ mode: 'replay' });
  const count = heard.pushes.length;
  socket.hear({ type: 'routable', seq: 2 });
  socket.onclose({ code: 4502 });
  assert.equal(heard.pushes.length, count);
});

test('taking over says so once, and goes on with the session', async () => {
  const { link, socket } = await connected();
  link.takeOver();
  await settle();
  assert.equal(socket.closedWith, 4000);
  const [hello] = welcome({ mode: 'replay' }).of('hello');
  assert.deepEqual([hello.alone, hello.resume.session], [true, 's1']);
  link.renew();
  await settle();
  assert.equal(welcome({ mode: 'replay' }).of('hello')[0].alone, undefined);
});

test('after a sleep the old socket is not waited for; after a nap it is', async () => {
  const { link, socket } = await connected();
  link.wake(5_000);
  assert.deepEqual([socket.closedWith, FakeSocket.all.length], [undefined, 1]);
  link.wake(60_000);
  assert.equal(link.phase.stage, 'reconnecting');
  await settle();
  assert.deepEqual([socket.closedWith, FakeSocket.all.length], [4000, 2]);
});

test('a sign-in that another tab has renewed needs a new ticket only, and nothing is lost', async () => {
  const { link, socket, pass, world } = await connected();
  const told = [];
  link.onSignIn = (endsAt) => told.push(endsAt);
  world.identity = link.world.identity = async () => ({ role: 'agent', expires_at: 500_000 });
  socket.hear({ type: 'reauth_required', seq: 2, by: 99_000 });
  await settle();
  await pass(5_000);
  const [hello] = welcome({ mode: 'replay' }).of('hello');
  assert.deepEqual([hello.resume.seq, link.phase.stage], [2, 'connected']);
  assert.deepEqual(told, [500_000]);
});

test('a sign-in that ends is for the person to renew: the page asks once and does not come back by itself', async () => {
  const { link, socket, pass } = await connected();
  const told = [];
  link.onSignIn = (endsAt) => told.push(endsAt);
  for (const identity of [
    async () => ({ role: 'agent', expires_at: 99_000 }),
    async () => {
      throw new HttpProblem(0, 'unreachable', 'no');
    },
  ]) {
    link.world.identity = identity;
    socket.hear({ type: 'reauth_required', seq: link.last + 1, by: 99_000 });
    await settle();
    await pass(6_000);
    socket.hear({ type: 'ping', seq: link.last + 1, ping: 1, server_time: 9_900 });
  }
  assert.equal(FakeSocket.all.length, 1);
  assert.deepEqual(told, [99_000, 99_000]);
});

test('the number of sockets is told with the hello and with each ping', async () => {
  const told = [];
  const { link, socket } = await connected();
  link.onSockets = (sockets) => told.push(sockets);
  socket.hear({ type: 'ping', seq: 2, ping: 'p1', server_time: 9_500, sockets: 2 });
  link.renew();
  await settle();
  welcome({ mode: 'replay', sockets: 3 });
  assert.deepEqual(told, [2, 3]);
});

test('leaving closes with 1000 and stays away', async () => {
  const { link, socket, pass } = await connected();
  link.leave('left');
  assert.equal(socket.closedWith, 1000);
  await pass(60_000);
  assert.deepEqual([FakeSocket.all.length, link.phase.code], [1, 'left']);
});

test('the back-off is full jitter with a cap', () => {
  assert.equal(
    backOff(0, () => 0.999),
    999,
  );
  assert.equal(
    backOff(3, () => 0.5),
    4_000,
  );
  assert.equal(
    backOff(30, () => 1),
    30_000,
  );
  assert.equal(
    backOff(30, () => 0),
    0,
  );
});
