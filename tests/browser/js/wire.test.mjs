// Frames, order and open commands.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadFrame, Commands, afterClose, order, parse } from '../../../static/js/wire.js';

test('a frame is a reply or a push', () => {
  assert.deepEqual(parse('{"type":"reply","ref":"a","ok":true}'), {
    reply: { type: 'reply', ref: 'a', ok: true },
  });
  assert.deepEqual(parse('{"type":"ping","seq":1}'), { push: { type: 'ping', seq: 1 } });
});

test('anything else breaks the protocol', () => {
  for (const text of ['', '[]', 'null', '7', '"x"', '{}', '{"type":1}', '{"type"']) {
    assert.throws(() => parse(text), BadFrame, text);
  }
});

test('pushes are applied in order, once, and a hole is seen', () => {
  assert.equal(order(4, { type: 'offer', seq: 5 }), 'apply');
  assert.equal(order(4, { type: 'offer', seq: 4 }), 'repeat');
  assert.equal(order(4, { type: 'offer', seq: 6 }), 'gap');
  assert.equal(order(4, { type: 'snapshot', seq: 1 }), 'apply');
});

test('the ranges of close codes carry the meaning, for codes unknown today as well', () => {
  const meaning = Object.fromEntries(
    [1000, 1001, 1006, 1012, 1013, 4001, 4009, 4408, 4499, 4500, 4502, 4999].map((code) => [
      code,
      afterClose(code),
    ]),
  );
  assert.deepEqual(meaning, {
    1000: 'over',
    1001: 'again',
    1006: 'again',
    1012: 'again',
    1013: 'again',
    4001: 'fresh',
    4009: 'again',
    4408: 'again',
    4499: 'again',
    4500: 'over',
    4502: 'over',
    4999: 'over',
  });
});

test('a command is settled by its own reply, once', async () => {
  const commands = new Commands('tab');
  const first = commands.open({ type: 'accept', offer: 'o1' });
  const second = commands.open({ type: 'accept', offer: 'o2' });
  assert.notEqual(first.frame.ref, second.frame.ref);
  commands.settle({ ref: 'stranger', ok: true });
  commands.settle({ ref: second.frame.ref, ok: true });
  commands.settle({ ref: second.frame.ref, ok: false, code: 'late' });
  assert.equal((await second.done).ok, true);
  assert.deepEqual(commands.again(true), [first.frame]);
});

test('pending leaves the command open and is told', async () => {
  const commands = new Commands('tab');
  let told = 0;
  const { frame, done } = commands.open({ type: 'accept', offer: 'o1' }, () => (told += 1));
  commands.settle({ ref: frame.ref, ok: false, code: 'pending', temporary: true });
  assert.equal(told, 1);
  commands.settle({ ref: frame.ref, ok: true });
  assert.equal((await done).ok, true);
});

test('in a new session nothing is done twice that may not be', async () => {
  const commands = new Commands('tab');
  const accept = commands.open({ type: 'accept', offer: 'o1' });
  const extend = commands.open({ type: 'extend_wrap_up', conversation: 'c1', by_ms: 60_000 });
  assert.equal(commands.again(true).length, 2);
  assert.deepEqual(commands.again(false), [accept.frame]);
  assert.equal((await extend.done).code, 'unknown_outcome');
});

test('two loads of a page never share a reference', () => {
  assert.notEqual(new Commands('a').ref(), new Commands('b').ref());
});
