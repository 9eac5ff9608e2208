// What people read: every known code has a sentence, an unknown one is shown as it came.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  duration,
  outcomeText,
  overText,
  refusalText,
  shortName,
  stopwatch,
  whoIs,
  whyFacts,
  whyNotText,
} from '../../../static/js/words.js';

const ended = (outcome, reason = '') =>
  outcomeText({ offer: { customer: { name: 'Ana' } }, outcome, reason, at: 0 });

test('each outcome says which offer and what became of it', () => {
  assert.equal(ended('accepted').text, 'Yours: Ana');
  assert.equal(ended('declined', 'wrong_skill').text, 'Declined: Ana (wrong skill)');
  assert.equal(ended('timed_out').text, 'Time ran out: Ana');
  assert.equal(ended('rescinded', 'taken').text, 'Taken by someone else: Ana');
  assert.equal(ended('rescinded', 'new_rule').text, 'Withdrawn (new rule): Ana');
  assert.match(ended('undelivered').text, /does not count against you/);
  assert.equal(ended('evaporated').text, 'Evaporated: Ana');
});

test('a refusal has a sentence of ours, else the server’s, else its code', () => {
  assert.equal(
    refusalText({ code: 'offer_taken', message: 'x' }),
    'Already taken by someone else.',
  );
  assert.equal(refusalText({ code: 'new_code', message: 'Try later.' }), 'Try later.');
  assert.equal(refusalText({ code: 'new_code' }), 'The server refused (new code).');
  assert.match(overText('closed_4777'), /closed 4777/);
});

test('all reasons against are named', () => {
  assert.equal(whyNotText(['wrap_up', 'moon_phase']), 'you are in wrap-up, moon phase');
  assert.equal(whyNotText(undefined), '');
});

test('why an agent was asked', () => {
  assert.deepEqual(whyFacts({ preferred: true, ring: 2, strategy: 'longest_idle', level: 1 }), [
    'preferred agent of this customer',
    'level 1',
    'ring 2',
  ]);
  assert.deepEqual(
    whyFacts({ preferred: false, ring: 1, strategy: 'longest_idle', members: 12, moon: 'full' }),
    ['free the longest', 'one of 12', 'moon full'],
  );
  assert.deepEqual(whyFacts({ strategy: 'new_rule', members: 1 }), ['new rule']);
  assert.deepEqual(whyFacts('because'), ['because']);
  assert.deepEqual(whyFacts(null), []);
});

test('names are text of any kind', () => {
  assert.equal(whoIs({ customer: { name: ' ' } }), 'Customer without a name');
  assert.equal(whoIs({ customer: { name: { evil: 1 } } }), 'Customer without a name');
  assert.equal(shortName({ customer: { name: '😀'.repeat(60) } }), `${'😀'.repeat(48)}…`);
});

test('durations', () => {
  assert.deepEqual([0, 8_900, 185_000, 7_800_000, -4, NaN].map(duration), [
    '0 s',
    '8 s',
    '3 min 05 s',
    '2 h 10 min',
    '0 s',
    '0 s',
  ]);
  assert.deepEqual([0, 8_900, 185_000, 7_800_000].map(stopwatch), [
    '0:00',
    '0:08',
    '3:05',
    '2:10:00',
  ]);
});
