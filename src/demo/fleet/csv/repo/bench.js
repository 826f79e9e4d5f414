import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from './src/parse.js';

const wanted = Number(process.argv[2] ?? 0);
const text = Array.from({ length: 20_000 }, (_, i) => `${i},"name, ${i}",${i * 7}\n`).join('');
const speeds = [];
for (let round = 1; round <= 10; round += 1) {
  const started = performance.now();
  parse(text);
  const speed = text.length / 1000 / (performance.now() - started);
  speeds.push(speed);
  process.stdout.write(`round ${String(round).padStart(2)}  ${speed.toFixed(2)} MB/s\n`);
  await sleep(250);
}
const median = speeds.toSorted((a, b) => a - b)[5];
if (median < wanted) {
  process.stderr.write(`median ${median.toFixed(3)} MB/s, wanted are ${wanted} MB/s\n`);
  process.exitCode = 1;
}
