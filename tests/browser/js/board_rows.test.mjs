// Rows on the screen: found, sorted, kept in place, drawn in part, and as a table for spreadsheets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvOf, found, keepOrder, sorted, windowOf } from '../../../static/js/board_rows.js';

const ROWS = [
  { id: 'a', name: 'Müller', n: 3 },
  { id: 'b', name: 'Zoë', n: null },
  { id: 'c', name: 'Abel', n: 9 },
  { id: 'd', name: 'Bo', n: 3 },
];
const ids = (rows) => rows.map(({ id }) => id).join('');

test('found by every word, whatever the accents', () => {
  assert.equal(ids(found(ROWS, 'mull')), 'a');
  assert.equal(ids(found(ROWS, ' ZOE b ')), 'b');
  assert.equal(ids(found(ROWS, '', ({ n }) => n === 3)), 'ad');
});

test('sorted both ways, the unknown last, ties by id', () => {
  assert.equal(ids(sorted(ROWS, ({ n }) => n, false)), 'adcb');
  assert.equal(ids(sorted(ROWS, ({ n }) => n, true)), 'cadb');
  assert.equal(ids(sorted(ROWS, ({ name }) => name, false)), 'cdab');
});

test('an order is kept, what is new comes last', () => {
  assert.equal(ids(keepOrder(ROWS, ['d', 'b', 'x', 'a'])), 'dbac');
});

test('only what is seen is drawn, and the gaps make up for the rest', () => {
  for (const count of [0, 1, 10, 5_000]) {
    for (const top of [0, 47, 48, 100_000, 1e9]) {
      const { from, to, above, below } = windowOf(count, top, 480, 48);
      assert.equal(above + below + (to - from) * 48, count * 48);
      assert.ok(to - from <= 10 + 1 + 16 && from >= 0 && to <= count);
    }
  }
  const { from, to } = windowOf(5_000, 48_000, 480, 48);
  assert.ok(from <= 1_000 && to >= 1_010);
});

test('a spreadsheet gets no formula', () => {
  const text = csvOf(
    ['Name', 'n'],
    [
      ['=HYPERLINK("x")', -3],
      ['a,b"c', null],
      ['@x\n', 0.5],
    ],
  );
  assert.equal(text, 'Name,n\r\n"\'=HYPERLINK(""x"")",-3\r\n"a,b""c",\r\n"\'@x\n",0.5\r\n');
});
