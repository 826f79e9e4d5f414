import { describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile } from '../fakes/world.ts';
import { dieAt } from './failpoints.ts';

describe('kill -9 at a failpoint, then resume', () => {
  // The others run with `npm run test:faults`.
  it.each([
    ['control.applied:2', 'queued'],
    ['model.requested:2', 'run'],
    ['action.ended:4', 'queued'],
    ['before-done:2', 'run'],
    ['after-done:1', 'queued'],
    ['after-fence:2', 'run'],
    ['pushed:1', 'run'],
  ] as const)('loses nothing at %s', async (point, how) => {
    const { ended, broken } = await dieAt(point, how);
    expect(broken).toEqual([]);
    expect(ended).toBe('SIGKILL');
  });

  it('keeps work that looks like a secret too, on a ref that is not pushed', async () => {
    const token = 'Yt6nB3vCx9QpLk2Js7Hd';
    const write = { type: 'write', path: 'config.txt', content: `token ${token}\n` };
    const finish = { type: 'write', path: 'file.txt', content: 'good\n' };
    const world = await makeWorld({
      script: answers(answer([write, { type: 'run', command: 'rm config.txt' }, finish], ['M1.1', 'M1.2'])),
      env: { RALPH_TEST_TOKEN: token },
    });
    try {
      const { id } = await world.create(taskFile({ test: 'grep -q good file.txt' }));
      const first = await world.cli(['resume', id, '-f'], { env: { RALPH_FAILPOINT: 'action.ended:1' } });
      expect(first.signal).toBe('SIGKILL');
      expect((await world.cli(['resume', id, '-f'])).code).toBe(0);
      const kept = world.app.homes.entries(id).find((e) => e.type === 'run.recovered');
      const ref = /refs\/ralph-wip\/\S+/.exec(kept?.detail ?? '')?.[0] ?? 'none';
      const bare = `${world.app.homes.dir}/${id}/repo.git`;
      expect(world.git(bare, 'show', `${ref}:config.txt`)).toContain(token);
      expect(world.git(world.remote, 'for-each-ref', '--format=%(refname)')).not.toContain('wip');
    } finally {
      world.destroy();
    }
  });
});
