import { statSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answer, answers, makeWorld, taskFile } from '../fakes/world.ts';

/**
 * `node output-child.ts BYTES`: one run whose command prints so much, after one that
 * prints 100 MB; prints what it cost, as JSON.
 */
const bytes = Number(process.argv[2]);
const line = 'the quick brown fox jumps over the lazy dog; '.repeat(4).trim();
const command = `echo FIRST; yes ${JSON.stringify(line)} | head -c ${bytes}; echo; echo LAST`;
const warmUp = `yes ${JSON.stringify(line)} | head -c 100000000`;

export interface OutputCost {
  /** MB of resident memory when the first command started, when the large one did, and the most until its end. */
  readonly cold: number;
  readonly before: number;
  readonly peak: number;
  readonly seconds: number;
  readonly keepsBothEnds: boolean;
  readonly fileBytes: number;
  readonly logBytes: number;
}

const rss = (): number => process.memoryUsage.rss() / 1e6;
const world = await makeWorld({
  script: answers(answer([{ type: 'run', command: warmUp }]), answer([{ type: 'run', command }])),
});
try {
  let cold = 0;
  let before = 0;
  let peak = 0;
  let started = 0;
  let seconds = 0;
  const timer = setInterval(() => (peak = Math.max(peak, rss())), 20);
  const task = taskFile({ test: 'true', extra: 'command_timeout_s: 3600' }).replace(
    'max_iterations: 6',
    'max_iterations: 2',
  );
  const { state } = await world.run(task, {
    onEntry: (entry) => {
      if (entry.type === 'command.started' && cold === 0) cold = rss();
      if (entry.type === 'command.started' && entry.command === command) {
        before = peak = rss();
        started = performance.now();
      }
      if (entry.type === 'command.ended' && seconds === 0 && started > 0) {
        peak = Math.max(peak, rss());
        seconds = (performance.now() - started) / 1000;
        clearInterval(timer);
      }
    },
  });
  clearInterval(timer);
  if (state.committed !== 2) throw new Error(`the run ${state.status}: ${state.detail}`);
  const home = join(world.app.homes.dir, state.id, '.ralph');
  const file = join(home, 'iterations/2/test_output.txt');
  const text = readFileSync(file, 'utf8');
  const cost: OutputCost = {
    cold,
    before,
    peak,
    seconds,
    keepsBothEnds: text.includes('FIRST\n') && text.includes('\nLAST\n') && text.includes('characters cut'),
    fileBytes: statSync(file).size,
    logBytes: statSync(join(home, 'activity.log')).size,
  };
  process.stdout.write(`${JSON.stringify(cost)}\n`);
} finally {
  world.destroy();
}
