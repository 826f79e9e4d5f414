import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brokenPromises, look, makeCrashWorld, makeQueuedRun, onlyRun, task } from './crash-world.ts';

/** Every failpoint of the engine, at its first and its later passing. */
export const failpoints = [
  'control.applied:1',
  'control.applied:2',
  'iteration.started:1',
  'iteration.started:2',
  'model.requested:1',
  'model.requested:2',
  'model.answered:1',
  'model.answered:2',
  'answer.saved:1',
  'answer.saved:2',
  'action.started:1',
  'action.started:2',
  'action.started:4',
  'action.ended:1',
  'action.ended:4',
  'action.ended:5',
  'snapshot:1',
  'snapshot:2',
  'before-done:1',
  'before-done:2',
  'after-done:1',
  'after-done:2',
  'after-fence:1',
  'after-fence:2',
  'iteration.ended:1',
  'iteration.ended:2',
  'projected:1',
  'projected:2',
  'pushed:1',
  'pushed:2',
  'pr.opened:1',
  'pr.opened:2',
  'state.saved:1',
  'state.saved:2',
  'state.saved:3',
] as const;

export interface Outcome {
  readonly point: string;
  /** How the faulty process ended. */
  readonly ended: string;
  /** What is wrong; empty when all promises hold. */
  readonly broken: readonly string[];
}

/** Kills a run at a failpoint, resumes it, and says which promises are broken. */
export const dieAt = async (point: string, how: 'queued' | 'run'): Promise<Outcome> => {
  const world = await makeCrashWorld();
  try {
    const env = { RALPH_FAILPOINT: point };
    const queued = how === 'queued' ? await makeQueuedRun(world) : undefined;
    const file = join(world.dir, 'task.md');
    writeFileSync(file, task.replace(/^---\n/, `---\nrepo_url: ${world.remote}\n`));
    const first = queued
      ? await world.cli(['resume', queued.id, '--foreground'], { env })
      : await world.cli(['run', file, '--backend', 'local'], { env });
    const id = queued?.id ?? onlyRun(world);
    const ended = first.signal ?? `exit ${first.code}`;
    const before = world.app.replay(id);
    const remains = look(world, id);
    const broken: string[] = [];
    if (first.signal !== 'SIGKILL') broken.push(`it did not die at ${point}: ${ended} ${first.stderr}`);
    const second = await world.cli(['resume', id, '--foreground']);
    // A run that had its success on record may say that there is nothing to resume.
    if (second.code !== 0 && before.status !== 'succeeded')
      broken.push(`resume: exit ${second.code}: ${second.stderr.slice(0, 500)}`);
    broken.push(...brokenPromises(world, id, { remains, controls: queued?.controls ?? [] }));
    return { point, ended, broken };
  } finally {
    world.destroy();
  }
};
