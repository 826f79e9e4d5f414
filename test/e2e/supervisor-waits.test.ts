import { expect, it } from 'vitest';
import { checkRun } from '../fakes/github-checks.ts';
import { makeGithubWorld } from '../fakes/github-world.ts';
import { answer, answers } from '../fakes/world.ts';

const script = answers(answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']));

it('works on the next run while one waits for the checks of its pull request', async (test) => {
  const place = await makeGithubWorld(test, { script });
  const { github, world } = place;
  github.checkRuns.push(checkRun({ conclusion: null, status: 'in_progress' }));
  // The log is the truth: run.json is written more rarely.
  const states = () =>
    world.app.runs().map(({ id }) => {
      const { status, reason } = world.app.replay(id);
      return `${status} ${reason ?? ''}`.trim();
    });
  const until = async (what: () => boolean): Promise<void> => {
    for (let i = 0; i < 450 && !what(); i += 1) await world.app.sleep(100);
    expect([what(), states()]).toEqual([true, expect.anything()]);
  };
  const text = place.taskText(['wait_for_checks: true'], { sandbox_provider: 'local' });
  world.app.files.writeText('ralph_task.md', text, { overwrite: true });
  const launched = await world.cli(['launch', '--count', '2', '--concurrency', '1']);
  expect([launched.code, launched.stderr]).toEqual([0, expect.anything()]);
  await until(() => states().every((one) => one === 'waiting checks'));
  await until(() => world.app.supervisor.report()?.waiting?.length === 2);
  const status = await world.cli(['supervisor', 'status']);
  expect(status.stdout).toContain('working on 0 of at most 1: -\nwaiting for a forge or a model 2: ');
  github.checkRuns.splice(0, 1, checkRun({ conclusion: 'success' }));
  await until(() => states().every((one) => one === 'succeeded'));
  expect(github.pulls.map(({ draft }) => draft)).toEqual([false, false]);
});
