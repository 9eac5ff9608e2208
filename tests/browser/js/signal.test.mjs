// Signals, effects and batches: who reads is run again, once, in the order of their making.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batch, effect, signal } from '../../../static/js/signal.js';

test('an effect runs again when what it read changes, and only then', () => {
  const [a, b] = [signal(1), signal(10)];
  const seen = [];
  effect(() => seen.push(a.value > 1 ? a.value + b.value : a.value));
  b.value = 20;
  a.value = 2;
  b.value = 30;
  a.value = 2;
  assert.deepEqual(seen, [1, 22, 32]);
});

test('a batch is one run, in the order of making, also when it is inside another', () => {
  const [a, b] = [signal(0), signal(0)];
  const runs = [];
  effect(() => runs.push(['first', a.value, b.value]));
  effect(() => runs.push(['second', b.value]));
  runs.length = 0;
  batch(() => {
    b.value = 1;
    batch(() => (a.value = 1));
    assert.deepEqual(runs, []);
  });
  assert.deepEqual(runs, [
    ['first', 1, 1],
    ['second', 1],
  ]);
});

test('an effect may change another signal; one that changes its own is stopped', () => {
  const [a, b] = [signal(1), signal(0)];
  const seen = [];
  effect(() => (b.value = a.value * 2));
  effect(() => seen.push(b.value));
  a.value = 4;
  assert.deepEqual(seen, [2, 8]);
  const c = signal(0);
  const round = () => {
    const before = c.value;
    if (before > 0) c.value = before + 1;
  };
  effect(round);
  assert.throws(() => (c.value = 1), /change what they read/);
});

test('an error leaves the next change alive', () => {
  const a = signal(0);
  const seen = [];
  effect(() => {
    if (a.value === 1) throw new Error('no');
    seen.push(a.value);
  });
  assert.throws(() => (a.value = 1), /no/);
  a.value = 2;
  assert.deepEqual(seen, [0, 2]);
});
