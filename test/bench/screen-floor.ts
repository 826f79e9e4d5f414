import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * The floor of the screen's bench: the least that shows the same. The same entries at the same rate, as JSON Lines
 * from one pipe; a table and a log drawn with nothing but strings. argv: runs, lines a second, frames a second, seconds.
 */
const [runs = '1000', rate = '10000', fps = '30', seconds = '10'] = process.argv.slice(2);
const columns = process.stdout.columns || 200;
const rows = process.stdout.rows || 50;
const ring: string[] = [];
const state = new Map(
  Array.from({ length: Number(runs) }, (_, at) => {
    const id = `run${String(at).padStart(5, '0')}`;
    return [id, { id, lines: 0 }];
  }),
);

const args = ['-', runs, rate, seconds, 'output'];
const writer = spawn(process.execPath, [join(import.meta.dirname, 'screen-writer.ts'), ...args], {
  stdio: ['ignore', 'pipe', 'ignore'],
});
createInterface({ input: writer.stdout }).on('line', (line) => {
  const { run, at, text } = JSON.parse(line) as { run: string; at: string; text: string };
  const known = state.get(run);
  if (known) known.lines += 1;
  ring.push(`${at.slice(11, 19)}  run          ${text.trimEnd()}`);
  if (ring.length > 5000) ring.splice(0, 4000);
});

const row = (run: { readonly id: string; readonly lines: number }): string =>
  `\u001B[36m●\u001B[39m ${run.id}  api  podman box  \u001B[36mrunning · tests\u001B[39m  30/60  0.20 ▁▂▃ ████░░░░ 50 %i  default-cheap  –  ${run.lines}`;
const table = Math.floor(rows * 0.6);
const draw = (): void => {
  const lines = [
    ...[...state.values()].slice(0, table).map((run) => row(run).slice(0, columns + 20)),
    ...ring.slice(-(rows - table - 1)).map((line) => line.slice(0, columns)),
  ];
  process.stdout.write(`\u001B[H${lines.join('\u001B[K\r\n')}`);
};
const timer = setInterval(draw, 1000 / Number(fps));
writer.on('exit', () => clearInterval(timer));
