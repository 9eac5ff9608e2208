// Folds the boards on standard input, one {old, changes} a line, and prints each result as a line.
import { createInterface } from 'node:readline';
import { NO_BOARD, foldBoard } from '../../../static/js/board_store.js';

for await (const line of createInterface({ input: process.stdin })) {
  const { old, changes } = JSON.parse(line);
  const start = foldBoard(NO_BOARD, { type: 'snapshot', seq: 1, at: 1, board: old });
  const { board } = foldBoard(start, { type: 'delta', seq: 2, at: 2, changes });
  console.log(JSON.stringify(board));
}
