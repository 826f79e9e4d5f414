import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../src/domain/event.ts';
import { gateEnv, startUpstream } from '../fakes/upstream/server.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';
import { podmanMissing, testImage } from '../fixtures/container/engine.ts';

const missing = podmanMissing();
const TWENTY_MINUTES = 1_200_000;

interface Done {
  readonly entries: readonly Entry[];
}
const outputOf = ({ entries }: Done): string =>
  entries.flatMap((e) => (e.type === 'command.output' ? [e.text] : [])).join('');
const ready = ({ entries }: Done) => entries.find((e) => e.type === 'sandbox.ready');

describe.skipIf(missing !== undefined)(
  `a run in a read-only container${missing ? ` (${missing})` : ''}`,
  () => {
    let world: World;
    let image: string;
    const run = (command: string) => ({ type: 'run', command });
    beforeAll(async () => {
      image = testImage();
      world = await makeWorld({
        files: { 'README.md': 'hello\n' },
        script: answers(
          answer([
            run('cat made.txt README.md; cat ralph_task.md | head -1; ls .ralph; grep -c . .ralph/run.json'),
            run('echo changed > README.md'),
            run('rm -rf .git .ralph; git commit --allow-empty -m x'),
            { type: 'write', path: 'README.md', content: 'changed\n' },
            { type: 'patch', path: 'README.md', patch: '@@ -1 +1 @@\n-hello\n+changed\n' },
            { type: 'commit', message: 'mine' },
            run('echo noted >> .ralph/notes.md; echo x > ~/here && echo x > /tmp/here'),
          ]),
          answer([run('cat .ralph/notes.md')]),
          answer([run('cat made.txt README.md && ! echo x > README.md')], ['M1.1', 'M1.2']),
        ),
      });
    }, TWENTY_MINUTES);
    afterAll(() => world.destroy());

    it('changes nothing, says why, goes on after a stop, and takes setup commands and notes', async () => {
      const made = await world.create(
        taskFile({
          test: 'grep -q hello README.md && test -f made.txt',
          extra: `sandbox_image: ${image}\nsandbox_read_only: true\nsetup_commands: ['echo set up > made.txt']\n`,
        }),
        { backend: 'podman', network: 'none' },
      );
      /** Until this iteration has ended, or to the end. */
      const upTo = async (last?: number) => {
        const stop = new AbortController();
        const done = await world.resume(made.id, {
          signal: stop.signal,
          onEntry: (entry) => {
            if (entry.type === 'iteration.ended' && entry.n === last) stop.abort();
          },
        });
        if (last !== undefined) await world.app.steer(made.id, { kind: 'resume' });
        return done;
      };
      const first = await upTo(1);
      const ended = first.entries.flatMap((e) => (e.type === 'action.ended' ? [[e.outcome, e.detail]] : []));
      const why = 'the sandbox is read-only (sandbox_read_only: true): no file can be changed';
      expect(ended).toEqual([
        ['ok', 'exit 0'],
        ['failed', expect.stringContaining('exit')],
        ['failed', expect.stringContaining('exit')],
        ['refused', why],
        ['refused', why],
        ['refused', why],
        ['ok', 'exit 0'],
      ]);
      expect(outputOf(first)).toContain('set up\nhello\n---\n');
      expect(outputOf(first)).toContain('Read-only file system');
      const second = await upTo(2);
      expect(ready(second)).toMatchObject({ how: 'attached' });
      expect(outputOf(second)).toContain('noted');
      execFileSync('podman', ['rm', '-f', ready(second)?.id ?? '']);
      const third = await upTo();
      expect(ready(third)).toMatchObject({ how: 'recreated' });
      expect(outputOf(third)).toContain('Read-only file system');
      const { state } = third;
      expect(state).toMatchObject({ status: 'succeeded', committed: 3, headSha: state.baseSha });
      expect(world.git(world.remote, 'branch', '--list').trim()).toBe('* main');
      const engine = await world.app.engine();
      await engine.removeRun(made.id);
      expect(existsSync(made.dir)).toBe(false);
    }, 300_000);

    it('lets an agent of its own tick boxes all the same, in the copy that it can write', async () => {
      const upstream = await startUpstream({ steps: [] });
      const looking = await makeWorld({
        backend: 'podman',
        files: {
          'README.md': 'hello\n',
          'agent.sh': `grep -q 'tick it in .\\.ralph/ralph_task.md' "$1" || exit 9
echo changed > README.md; sed -i 's/- \\[ \\]/- [x]/' ralph_task.md
sed -i 's/- \\[ \\]/- [x]/' .ralph/ralph_task.md; echo looked >> .ralph/notes.md; echo finished\n`,
        },
        script: answers(answer([])),
        models: 'profiles:\n  fake:\n    litellm_model: anthropic/claude-sonnet-4-5\n',
        env: gateEnv(upstream, 'sk-real-0123456789abcdef'),
      });
      try {
        const agent = 'agent: command\nagent_command: "sh agent.sh {{prompt_file}}"\n';
        const extra = `sandbox_image: ${image}\nsandbox_read_only: true\n${agent}`;
        const { state } = await looking.run(taskFile({ test: 'grep -q hello README.md', extra }));
        expect([state.status, state.committed, state.headSha]).toEqual(['succeeded', 1, state.baseSha]);
        const notes = readFileSync(`${looking.app.homes.dir}/${state.id}/.ralph/notes.md`, 'utf8');
        expect(notes).toContain('looked');
        await (await looking.app.engine()).removeRun(state.id);
      } finally {
        looking.destroy();
        await upstream.close();
      }
    }, 300_000);
  },
);
