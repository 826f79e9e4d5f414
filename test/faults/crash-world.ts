import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../../src/domain/event.ts';
import { committedSpend, foldRunEntries } from '../../src/domain/run-state.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

/** What no agent can make a second time: work that is in no commit after a crash is lost. */
const unique = (name: string) => `head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \\n' > ${name}`;

const script = answers(
  answer([
    { type: 'run', command: unique('work-1.txt') },
    { type: 'write', path: 'notes.txt', content: 'one\n' },
  ]),
  answer(
    [
      { type: 'run', command: unique('work-2.txt') },
      { type: 'commit', message: 'a commit of its own' },
      { type: 'write', path: 'file.txt', content: 'good\n' },
    ],
    ['M1.1', 'M1.2'],
  ),
);

export const task = taskFile({ test: 'grep -q good file.txt' });

export const makeCrashWorld = (): Promise<World> => makeWorld({ script });

/** A run that is queued, with two controls in its inbox. */
export const makeQueuedRun = async (world: World): Promise<{ id: string; controls: readonly string[] }> => {
  const { id } = await world.create(task);
  const controls = [
    world.app.newControl({ kind: 'note', text: 'the first note' }),
    world.app.newControl({ kind: 'guardrail', name: 'careful', trigger: 'always', instruction: 'take care' }),
  ];
  for (const control of controls) world.app.homes.dropControl(id, control);
  return { id, controls: controls.map((c) => c.id) };
};

export const onlyRun = (world: World): string => {
  const ids = world.app.homes.list();
  if (ids.length !== 1) throw new Error(`${ids.length} runs instead of one`);
  return ids[0]!;
};

/** What stood on disk when the process died. */
export interface Remains {
  readonly spent: { readonly costUsd: number; readonly tokens: number };
  /** Contents of files that an action had made. */
  readonly work: readonly string[];
}

export const look = (world: World, id: string): Remains => {
  const state = foldRunEntries(id, world.app.homes.entries(id));
  const repo = join(world.app.homes.dir, id, 'sandbox/repo');
  const names = ['work-1.txt', 'work-2.txt'];
  const work = names
    .map((name) => join(repo, name))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8'))
    // A command that was cut in the middle has made no work yet.
    .filter((text) => text.length === 24);
  const { costUsd, tokens } = committedSpend(state);
  return { spent: { costUsd, tokens }, work };
};

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

const doneChain = (ralph: string, committed: number): readonly string[] => {
  const broken: string[] = [];
  let previous: string | null = null;
  for (let n = 1; n <= committed; n += 1) {
    const folder = join(ralph, 'iterations', String(n));
    const path = join(folder, 'done.json');
    if (!existsSync(path)) return [...broken, `iteration ${n} has no done.json`];
    const done = JSON.parse(readFileSync(path, 'utf8')) as {
      n: number;
      previous: string | null;
      sha256: Record<string, string>;
    };
    if (done.n !== n) broken.push(`done.json of ${n} says ${done.n}`);
    if (done.previous !== previous) broken.push(`done.json of ${n} does not follow the one before`);
    if (Object.keys(done.sha256).length < 6) broken.push(`done.json of ${n} covers too little`);
    for (const [name, sum] of Object.entries(done.sha256))
      if (sha256(join(folder, name)) !== sum) broken.push(`${name} of ${n} does not match`);
    previous = sha256(path);
  }
  return broken;
};

const spendFalls = (id: string, entries: readonly Entry[]): boolean => {
  let most = 0;
  for (let at = 1; at <= entries.length; at += 1) {
    const { spent } = foldRunEntries(id, entries.slice(0, at));
    if (spent.tokens < most) return true;
    most = spent.tokens;
  }
  return false;
};

const lostWork = (world: World, id: string, remains: Remains): readonly string[] => {
  const bare = join(world.app.homes.dir, id, 'repo.git');
  const commits = world.git(bare, 'rev-list', '--all').trim().split('\n');
  return remains.work.filter((text) => {
    try {
      return world.git(bare, 'grep', '-l', text, ...commits).trim() === '';
    } catch {
      return true;
    }
  });
};

const pullRequests = (url: string | undefined, branch: string): number => {
  if (url === undefined) return 0;
  const folder = join(url.replace('file://', ''), '..');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .filter((name) => readFileSync(join(folder, name), 'utf8').includes(branch)).length;
};

const controlsAmiss = (ralph: string, entries: readonly Entry[], controls: readonly string[]) => {
  const amiss = controls.filter(
    (id) => entries.filter((e) => e.type === 'control.taken' && e.id === id).length !== 1,
  );
  const broken = amiss.map((id) => `control ${id} was not taken exactly once`);
  if (controls.length === 0) return broken;
  const count = (file: string, text: string) =>
    readFileSync(join(ralph, file), 'utf8').split(text).length - 1;
  if (count('notes.md', 'the first note') !== 1) broken.push('the note does not stand once in notes.md');
  if (count('guardrails.md', 'take care') !== 1) broken.push('the sign does not stand once in guardrails.md');
  if (readdirSync(join(ralph, 'control')).length > 0) broken.push('the inbox is not empty');
  return broken;
};

/** Each committed iteration was started and ended, and ended once. */
const iterationsAmiss = (entries: readonly Entry[], committed: number): readonly string[] => {
  const ended = entries.flatMap((e) => (e.type === 'iteration.ended' ? [e.n] : []));
  const wanted = Array.from({ length: committed }, (_, i) => i + 1);
  return ended.join() === wanted.join() ? [] : [`the iterations that ended are ${ended.join()}`];
};

/** From the state ref alone another machine can go on: all whole iterations, and the log without a gap. */
const stateRefAmiss = (world: World, id: string, committed: number): readonly string[] => {
  const broken: string[] = [];
  const ref = 'refs/ralph/task-1';
  const at = (dir: string): string => world.git(dir, 'rev-parse', ref).trim();
  const home = join(world.app.homes.dir, id);
  if (at(world.remote) !== at(join(home, 'repo.git'))) broken.push('the state ref was not pushed');
  const paths = world.git(world.remote, 'ls-tree', '-r', '--name-only', ref).trim().split('\n');
  const parts = paths.filter((path) => path.startsWith('.ralph/activity.log.d/')).toSorted();
  const saved = parts.map((path) => world.git(world.remote, 'show', `${ref}:${path}`)).join('');
  const log = readFileSync(join(home, '.ralph/activity.log'), 'utf8');
  if (!log.startsWith(saved)) broken.push('the log in the state ref is not the log');
  const last = saved.lastIndexOf('"type":"iteration.ended"');
  if (!saved.slice(last).includes(`"n":${committed},`))
    broken.push('the log in the state ref ends too early');
  for (let n = 1; n <= committed; n += 1)
    if (!paths.includes(`.ralph/iterations/${n}/done.json`))
      broken.push(`iteration ${n} is not in the state ref`);
  return broken;
};

/** Every promise of state.md that a finished run breaks; empty when all hold. */
export const brokenPromises = (
  world: World,
  id: string,
  before: { readonly remains?: Remains | undefined; readonly controls: readonly string[] },
): readonly string[] => {
  const ralph = join(world.app.homes.dir, id, '.ralph');
  const entries = world.app.homes.entries(id);
  const state = foldRunEntries(id, entries);
  const broken: string[] = [];
  const must = (holds: boolean, text: string) => {
    if (!holds) broken.push(text);
  };
  must(
    entries.every((entry, i) => entry.seq === i + 1),
    'the log has gaps',
  );
  must(
    state.status === 'succeeded',
    `the run is ${state.status} (${state.reason ?? ''} ${state.detail ?? ''})`,
  );
  must(!spendFalls(id, entries), 'the spent total went down');
  broken.push(...doneChain(ralph, state.committed));
  if (state.status !== 'succeeded') return broken;
  const at = world.git(world.remote, 'rev-parse', state.branch).trim();
  must(at === state.headSha, `the remote branch is at ${at}, the run at ${state.headSha}`);
  const bare = join(world.app.homes.dir, id, 'repo.git');
  must(
    world.git(bare, 'rev-parse', `refs/heads/${state.branch}`).trim() === at,
    'repo.git and the remote differ',
  );
  broken.push(...iterationsAmiss(entries, state.committed), ...stateRefAmiss(world, id, state.committed));
  const progress = readFileSync(join(ralph, 'progress.md'), 'utf8');
  must(progress.includes(`iteration: ${state.committed}\n`), 'progress.md is behind');
  must(pullRequests(state.pr?.url, state.branch) === 1, 'there is not exactly one pull request');
  if (before.remains) {
    const spent = committedSpend(state);
    must(spent.tokens >= before.remains.spent.tokens, 'tokens were forgotten');
    must(spent.costUsd >= before.remains.spent.costUsd - 1e-9, 'money was forgotten');
    for (const text of lostWork(world, id, before.remains)) broken.push(`work was lost: ${text}`);
  }
  broken.push(...controlsAmiss(ralph, entries, before.controls));
  const folders = readdirSync(join(ralph, 'iterations'));
  must(
    folders.every((name) => !name.startsWith('.tmp-')),
    'a temporary folder was left',
  );
  must(!readdirSync(ralph).some((name) => name.startsWith('.tmp-')), 'a temporary file was left');
  return broken;
};
