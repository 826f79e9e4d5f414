import { join } from 'node:path';
import type { RunEvent } from '../../src/domain/event.ts';
import { growing, type GrowingLog } from './screen-homes.ts';

/**
 * A child of the screen's bench: appends lines to the logs of a made fleet at a steady rate: one of a hundred to the
 * first two runs, whose logs are looked at, the others to all in turn.
 * argv: folder of runs (or `-`: the same entries on standard output), runs, lines a second, seconds, kind (`output`,
 * or `priced`: each line costs one cent). Says on standard error how many it has written.
 */
const [dir = '', runs = '0', rate = '0', seconds = '0', kind = 'output'] = process.argv.slice(2);
const count = Number(runs);
// Runs write when they like: a slow beat would be the beat of the screen, too.
const TICK_MS = 4;

const printing = (id: string): GrowingLog => {
  let seq = 0;
  return {
    id,
    append: (events) => {
      const at = new Date().toISOString();
      const entries = events.map((event) => ({ v: 1, seq: (seq += 1), at, up: seq, run: id, ...event }));
      process.stdout.write(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    },
  };
};
const logs = Array.from({ length: count }, (_, at) => {
  const id = `run${String(at).padStart(5, '0')}`;
  if (dir === '-') return printing(id);
  return growing(join(dir, id, '.ralph/activity.log'), id);
});
const output = (n: number): RunEvent => ({
  type: 'command.output',
  key: 'k',
  stream: 'stdout',
  text: `  ok ${n} - handler returns ${200 + (n % 7)} for input number ${n} of the table\n`,
});
const priced = (n: number): RunEvent => ({
  type: 'model.answered',
  call: `c${n}`,
  ms: 10,
  usage: { inputTokens: 100, outputTokens: 10 },
  costUsd: 0.01,
  finish: 'stop',
});
const eventOf = kind === 'priced' ? priced : output;

const started = performance.now();
let written = 0;
let at = 0;
const timer = setInterval(() => {
  const elapsed = Math.min(performance.now() - started, Number(seconds) * 1000);
  const due = Math.floor((elapsed / 1000) * Number(rate));
  while (written < due) {
    const isWatched = written % 100 === 0;
    logs[isWatched ? (written / 100) % Math.min(2, count) : at]!.append([eventOf(written)]);
    written += 1;
    if (!isWatched) at = (at + 1) % count;
  }
  if (elapsed < Number(seconds) * 1000) return;
  clearInterval(timer);
  process.stderr.write(`${JSON.stringify({ written })}\n`);
}, TICK_MS);
