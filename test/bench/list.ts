import { linkSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';
import { ratioRow, type Bench } from './row.ts';
import { builtMain, needBuild, timeOf } from './start.ts';

const ITERATIONS = 30;
/** Of a hundred runs: what a fleet looks like after some weeks. */
const statuses = [
  ...Array.from({ length: 80 }, () => 'succeeded'),
  ...Array.from({ length: 10 }, () => 'failed'),
  ...Array.from({ length: 9 }, () => 'paused'),
  'queued',
];

/** The least that prints a line a run: the same files, read and parsed by a bare script. */
const FLOOR = `import { readdirSync, readFileSync } from 'node:fs';
const dir = process.argv[2];
const lines = [];
for (const id of readdirSync(dir)) {
  const { state } = JSON.parse(readFileSync(dir + '/' + id + '/.ralph/run.json', 'utf8'));
  lines.push([id, state.task, state.backend, state.status, state.committed, state.profile].join('  '));
}
process.stdout.write(lines.join('\\n') + '\\n');
`;

interface Template {
  readonly json: { state: Record<string, unknown> };
  readonly log: string;
  readonly iteration: string;
}

/** A real short run, whose home the others are made of. */
const realRun = async (world: World): Promise<Template> => {
  const { state } = await world.run(
    taskFile({ test: 'true' }).replace('max_iterations: 6', 'max_iterations: 2'),
  );
  const home = join(world.app.homes.dir, state.id, '.ralph');
  const iteration = join(world.dir, 'iteration');
  mkdirSync(iteration);
  for (const name of readdirSync(join(home, 'iterations/2')))
    writeFileSync(join(iteration, name), readFileSync(join(home, 'iterations/2', name)));
  const json = JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as Template['json'];
  const log = readFileSync(join(home, 'activity.log'), 'utf8');
  rmSync(join(world.app.homes.dir, state.id), { recursive: true });
  return { json, log, iteration };
};

const makeHome = (dir: string, at: number, template: Template): void => {
  const id = `run${String(at).padStart(5, '0')}`;
  const home = join(dir, id);
  mkdirSync(join(home, '.ralph/control'), { recursive: true });
  writeFileSync(join(home, 'lock'), '');
  const state = {
    ...template.json.state,
    id,
    status: statuses[(at * 37) % 100],
    iteration: ITERATIONS,
    committed: ITERATIONS,
    loopScores: Array.from({ length: ITERATIONS }, (_, i) => (i % 7) / 10),
  };
  writeFileSync(
    join(home, '.ralph/run.json'),
    `${JSON.stringify({ ...template.json, state }, undefined, 1)}\n`,
  );
  writeFileSync(join(home, '.ralph/activity.log'), template.log.repeat(ITERATIONS / 2));
  const names = readdirSync(template.iteration);
  for (let n = 1; n <= ITERATIONS; n += 1) {
    const folder = join(home, '.ralph/iterations', String(n));
    mkdirSync(folder, { recursive: true });
    for (const name of names) linkSync(join(template.iteration, name), join(folder, name));
  }
};

export const benchList: Bench = async ({ quick, say }) => {
  needBuild();
  const runs = quick ? 100 : 1000;
  const world = await makeWorld({ script: answers(answer([{ type: 'run', command: 'true' }])) });
  try {
    const template = await realRun(world);
    const dir = join(world.env['XDG_STATE_HOME']!, 'ralph/runs');
    for (let at = 0; at < runs; at += 1) makeHome(dir, at, template);
    const script = join(world.dir, 'floor.mjs');
    writeFileSync(script, FLOOR);
    say(`  ${runs} homes made`);
    const floor: number[] = [];
    const ours: number[] = [];
    for (let round = -2; round < (quick ? 5 : 20); round += 1) {
      const bare = timeOf([script, dir], world.env);
      const full = timeOf([builtMain, 'ls'], world.env);
      if (round < 0) continue;
      floor.push(bare);
      ours.push(full);
    }
    const what = `ralph ls, ${runs} runs of ${ITERATIONS} iterations, against a bare script`;
    return [ratioRow({ what, floor, ours, most: 1.5 })];
  } finally {
    world.destroy();
  }
};
