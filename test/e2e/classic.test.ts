import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunState } from '../../src/domain/run-state.ts';
import { classicTask, type ClassicOptions } from '../../src/domain/spec/classic-task.ts';
import { answer, answers, makeWorld, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const DONE = '<promise>COMPLETE</promise>';
const write = (path: string, content: string) => ({ type: 'write', path, content });
const run = (command: string) => ({ type: 'run', command });
const saying = (summary: string, ...actions: readonly unknown[]) =>
  answer(actions.length > 0 ? actions : [run('true')], [], summary);

const prompts = (...texts: readonly string[]) =>
  texts.map((text, i) => ({ path: `prompts/p${i + 1}.md`, text }));
const task = (texts: readonly string[], options: Partial<ClassicOptions> = {}): string =>
  classicTask({ prompts: prompts(...texts), baseBranch: 'main', maxIterations: 6, ...options });
const hello = task([`# Task: Say hello\n\nWrite hello.txt. When done, output: ${DONE}\n`]);

const home = (state: RunState): string => join(world.app.homes.dir, state.id);
const promptOf = (state: RunState, n: number): string =>
  readFileSync(join(home(state), `.ralph/iterations/${n}/prompt.md`), 'utf8');
const errorsOf = (state: RunState): string => readFileSync(join(home(state), '.ralph/errors.log'), 'utf8');
const bodyOf = (state: RunState): string =>
  (JSON.parse(readFileSync(state.pr!.url.replace('file://', ''), 'utf8')) as { body: string }).body;

describe('a classic loop of one prompt', () => {
  it("goes on until the agent gives its promise, and says that nothing but the agent's word stands behind it", async () => {
    world = await makeWorld({
      script: answers(saying('wrote it', write('hello.txt', 'hello\n')), saying(`All there.\n\n${DONE}`)),
    });
    const { state, entries } = await world.run(hello);
    expect([state.status, state.committed, state.classic]).toEqual([
      'succeeded',
      2,
      { phases: [''], checked: false, ended: [2] },
    ]);
    expect(state.detail).toContain("by the agent's word only");
    expect(bodyOf(state)).toContain("Done by the agent's word only");
    expect(state.pr?.draft).toBe(true);
    expect(world.git(world.remote, 'rev-parse', state.branch).trim()).toBe(state.headSha);
    expect(world.git(world.remote, 'show', `${state.branch}:hello.txt`)).toBe('hello\n');
    expect(entries).toContainEqual(expect.objectContaining({ type: 'phase.ended', n: 2, phase: 1, of: 1 }));
    expect(world.app.replay(state.id)).toEqual(state);
    expect(promptOf(state, 1)).toContain(`end \`summary\` with this line and nothing after it:\n\n${DONE}`);
    expect(promptOf(state, 1)).not.toContain('max_wall_time_minutes:');
  });

  it('takes no promise from its own prompt, a file, the output of a command, or an answer that speaks of it', async () => {
    world = await makeWorld({
      script: answers(
        saying('look', run(`echo '${DONE}'`), write('note.txt', `${DONE}\n`)),
        saying('read', run('cat note.txt ralph_task.md')),
        saying(`I will end with ${DONE} once it is done.`, write('hello.txt', 'hello\n')),
        saying('nothing yet', { type: 'stop_success', reason: 'done' }),
        saying('<promise>DONE</promise>'),
      ),
    });
    const { state } = await world.run(task(['Write hello.txt.'], { maxIterations: 5 }));
    expect([state.status, state.reason, state.committed]).toEqual(['failed', 'budget: iterations', 5]);
    expect(state.classic?.ended).toEqual([]);
    const errors = errorsOf(state);
    expect(errors).toContain(
      '[iteration 3] the promise does not count: <promise>COMPLETE</promise> is given on',
    );
    expect(errors).toContain('[iteration 4] the promise does not count: stop_success alone');
    expect(errors).toContain(
      '[iteration 5] the promise does not count: this run waits for <promise>COMPLETE',
    );
  });

  it('does not count a promise that was given together with what failed, or with a question', async () => {
    world = await makeWorld({
      script: answers(
        saying(DONE, write('hello.txt', 'hello\n'), run('test -f other.txt')),
        saying(DONE, { type: 'pause', reason: 'is that it?' }),
      ),
    });
    const { state } = await world.run(hello);
    expect([state.status, state.detail, state.committed]).toEqual(['paused', 'is that it?', 2]);
    expect(errorsOf(state)).toContain('given together with an action that failed');
  });

  it('is no success while test_command fails, and one that names it once both hold', async () => {
    world = await makeWorld({
      script: answers(
        saying(DONE, write('hello.txt', 'bad\n')),
        saying('better', write('hello.txt', 'good\n')),
        saying(`It holds. ${DONE}`),
      ),
    });
    const { state } = await world.run(task(['Write hello.txt.'], { testCommand: 'grep -q good hello.txt' }));
    expect([state.status, state.committed, state.pr?.draft]).toEqual(['succeeded', 3, false]);
    expect(state.detail).toBe("the agent's promise, test_command green, pushed, pull request #1");
    expect(errorsOf(state)).toContain(
      '[iteration 1] the promise does not count: a check of the runner fails',
    );
    expect(bodyOf(state)).toContain("Done by the agent's promise and the checks below");
  });

  it('verifies the boxes that a prompt has, and leaves alone those that are only text', async () => {
    const text = '- [ ] be nice\n- [ ] M1.1 says good\n  - verify: `grep -q good hello.txt`\n';
    world = await makeWorld({
      script: answers(saying(DONE), saying(DONE, write('hello.txt', 'good\n'))),
    });
    const { state } = await world.run(task([text]));
    expect([state.status, state.committed]).toEqual(['succeeded', 2]);
    expect(Object.keys(state.boxes)).toEqual(['M1.1']);
    expect(state.detail).toContain("the agent's promise, all boxes verified");
  });

  it('can end after the operator has changed the task, and not by a promise for the one before', async () => {
    world = await makeWorld({
      script: answers(saying(DONE, write('hello.txt', 'hello\n'), run('sleep 1')), saying(DONE)),
    });
    const info = await world.create(hello);
    const file = join(world.app.homes.dir, info.id, 'ralph_task.md');
    let sent: Promise<unknown> | undefined;
    const { state } = await world.resume(info.id, {
      onEntry: (entry) => {
        if (entry.type === 'command.started')
          sent ??= world.app.steer(info.id, {
            kind: 'spec',
            text: readFileSync(file, 'utf8').concat('\nAnd write bye.txt.\n'),
          });
      },
    });
    expect(await sent).toMatchObject({ kind: 'accepted' });
    expect([state.status, state.committed]).toEqual(['succeeded', 2]);
    expect(promptOf(state, 2)).toContain('And write bye.txt.');
    expect(errorsOf(state)).toContain('the task was changed while it was worked on');
  });
});

describe('a classic loop of several prompts', () => {
  const three = task(['# Plan\n\nWrite plan.txt.', 'Build it.', 'Tidy up.'], {
    testCommand: 'test -f built.txt',
  });
  const script = answers(
    saying(`planned ${DONE}`, write('plan.txt', 'plan\n')),
    saying('building', write('built.txt', 'built\n')),
    saying(`built\n${DONE}`),
    saying(`tidy\n${DONE}`),
  );

  it('works on one phase after the other: each prompt until its promise, from the next iteration on', async () => {
    world = await makeWorld({ script });
    const { state, entries } = await world.run(three);
    expect([state.status, state.committed]).toEqual(['succeeded', 4]);
    expect(state.classic).toEqual({ phases: ['p1.md', 'p2.md', 'p3.md'], checked: true, ended: [1, 3, 4] });
    expect(entries.flatMap((e) => (e.type === 'phase.ended' ? [[e.n, e.phase, e.of]] : []))).toEqual([
      [1, 1, 3],
      [3, 2, 3],
      [4, 3, 3],
    ]);
    const asked = [1, 2, 3, 4].map((n) => /^Phase \d of 3 \(p\d\.md\)/m.exec(promptOf(state, n))?.[0]);
    expect(asked).toEqual([
      'Phase 1 of 3 (p1.md)',
      'Phase 2 of 3 (p2.md)',
      'Phase 2 of 3 (p2.md)',
      'Phase 3 of 3 (p3.md)',
    ]);
    expect(promptOf(state, 1)).not.toContain('Build it.');
    expect(promptOf(state, 3)).toContain('Build it.');
  });

  it.each(['before-done:1', 'after-done:1', 'after-fence:1', 'iteration.ended:1', 'projected:1'])(
    'ends no phase twice and none too early after a crash at %s',
    async (point) => {
      world = await makeWorld({
        script: answers(saying(`planned ${DONE}`, write('plan.txt', 'plan\n')), saying(DONE)),
      });
      const { id } = await world.create(task(['Plan.', 'Build.']));
      const died = await world.cli(['resume', id, '-f'], { env: { RALPH_FAILPOINT: point } });
      expect([died.code, died.signal]).toEqual([null, 'SIGKILL']);
      const { state } = await world.resume(id);
      expect([state.status, state.classic?.ended]).toEqual(['succeeded', [1, 2]]);
      expect(promptOf(state, 2)).toContain('Phase 2 of 2');
    },
  );

  it('goes on in its phase after kill -9, and forgets no promise that was kept', async () => {
    world = await makeWorld({
      script: answers(
        saying(`planned ${DONE}`, write('plan.txt', 'plan\n')),
        saying(DONE, write('built.txt', 'built\n'), run('test -f ../../.again || sleep 60')),
        saying(DONE),
      ),
    });
    const { id } = await world.create(task(['Plan.', 'Build.']));
    const child = world.start(['resume', id, '-f']);
    const inPhaseTwo = (): boolean =>
      world.app.homes.entries(id).some((e) => e.type === 'command.started' && e.command.includes('.again'));
    while (!inPhaseTwo()) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    const cut = world.app.replay(id);
    expect([cut.classic?.ended, cut.committed, cut.iteration]).toEqual([[1], 1, 2]);
    writeFileSync(join(world.app.homes.dir, id, '.again'), '');
    const { state, entries } = await world.resume(id);
    expect(entries).toContainEqual(
      expect.objectContaining({ type: 'run.recovered', how: 'rolled-back', n: 2 }),
    );
    expect([state.status, state.committed, state.classic?.ended]).toEqual(['succeeded', 2, [1, 2]]);
    expect(promptOf(state, 2)).toContain('Phase 2 of 2');
  });
});

describe('ralph run --prompt-file', () => {
  const script = answers(saying(`done ${DONE}`, write('hello.txt', 'hello\n')));
  const classic = [
    '--prompt-file',
    '../prompt.md',
    '--completion-promise',
    'COMPLETE',
    '--max-iterations',
    '10',
  ];
  const prompt = `# Task: Create Hello World\n\nCreate hello.txt.\n\nWhen done, output: ${DONE}\n`;

  it('ends in a branch of the repository that one stands in, with exit 0, and says where to look', async () => {
    world = await makeWorld({ script });
    writeFileSync(join(world.dir, 'prompt.md'), prompt);
    const { code, stdout, stderr } = await world.cli(['run', ...classic, '--backend', 'local']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('no isolation')]);
    const branch = 'ralph/create-hello-world/create-hello-world';
    expect(world.git(world.repo, 'show', `${branch}:hello.txt`)).toBe('hello\n');
    expect(world.git(world.repo, 'status', '--short')).toBe('');
    expect(stdout).toContain("success      by the agent's word only");
    expect(stdout).toContain(`git -C ${world.repo} diff main...${branch}`);
    const [info] = world.app.runs();
    const { stdout: shown } = await world.cli(['show', info!.id]);
    expect(shown).toMatch(/^phase {8}1 of 1 {2}ended in iteration 1$/m);
    expect(info!.state.budgets.maxIterations).toBe(10);
  });

  it('is driven by any command that is given, which gets the prompt as a file', async () => {
    world = await makeWorld({
      script,
      files: { 'loop.sh': `grep -q 'Create hello.txt' "$2" && echo hello > hello.txt && echo '${DONE}'\n` },
    });
    writeFileSync(join(world.dir, 'prompt.md'), prompt);
    const agent = ['--agent-command', 'sh loop.sh --prompt-file {{prompt_file}}'];
    const { code, stdout } = await world.cli(['run', ...classic, ...agent, '--backend', 'local']);
    expect([code, stdout]).toEqual([0, expect.stringContaining("success      by the agent's word only")]);
    const branch = 'ralph/create-hello-world/create-hello-world';
    expect(world.git(world.repo, 'show', `${branch}:hello.txt`)).toBe('hello\n');
  });

  it('works through the supervisor with phases, and ls says the phase', async () => {
    world = await makeWorld({
      script: answers(saying(`one ${DONE}`), saying('two', { type: 'pause', reason: 'which colour?' })),
    });
    writeFileSync(join(world.dir, 'prompt.md'), prompt);
    writeFileSync(join(world.dir, 'more.md'), 'More.\n');
    const args = [...classic, '--prompt-file', '../more.md', '--backend', 'local', '--json'];
    const launched = await world.cli(['launch', ...args]);
    expect([launched.code, launched.stderr]).toEqual([0, expect.stringContaining('no isolation')]);
    const { run: id } = JSON.parse(launched.stdout) as { run: string };
    await world.cli(['logs', id, '--follow']);
    const { stdout } = await world.cli(['ls']);
    expect(stdout).toContain('paused · blocked · phase 2/2');
    await world.cli(['supervisor', 'stop']);
  });

  it('init writes, and with --print shows, the task file that would be made; it lints', async () => {
    world = await makeWorld({ script });
    writeFileSync(join(world.dir, 'prompt.md'), prompt);
    const printed = await world.cli(['init', ...classic, '--print']);
    expect([printed.code, existsSync(join(world.repo, 'ralph_task.md'))]).toEqual([0, false]);
    expect(printed.stdout).toContain('completion_promise: "COMPLETE"\nmax_iterations: 10\n');
    expect(printed.stdout).toContain(prompt.trimEnd());
    const written = await world.cli(['init', ...classic]);
    expect([written.code, readFileSync(join(world.repo, 'ralph_task.md'), 'utf8')]).toEqual([
      0,
      printed.stdout,
    ]);
    const lint = await world.cli(['lint']);
    expect([lint.code, lint.stdout]).toEqual([0, expect.stringContaining('ready')]);
  });

  it.each([
    [['--prompt-file', 'none.md'], 'there is no prompt file none.md'],
    [['task.md', '--prompt-file', '../prompt.md'], 'both a task file (task.md) and --prompt-file'],
    [['--completion-promise', 'X'], '--completion-promise goes with --prompt-file'],
    [
      ['--prompt-file', '../prompt.md', '--completion-promise', '<b>'],
      '--completion-promise must not hold < or >',
    ],
    [['--prompt-file', '../prompt.md', '--agent', 'clade'], 'agent must be one of'],
    [['--prompt-file', '../prompt.md', '--max-iterations', '0'], '--max-iterations 0'],
  ])('refuses %j before anything starts', async (...[args, message]) => {
    world = await makeWorld({ script });
    writeFileSync(join(world.dir, 'prompt.md'), prompt);
    const { code, stderr } = await world.cli(['run', ...args, '--backend', 'local']);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(world.app.homes.list()).toEqual([]);
  });
});
