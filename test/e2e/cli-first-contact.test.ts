import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ls } from '../../src/commands/look.ts';
import { selector, type CommandContext } from '../../src/commands/define.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const script = answers(answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']));
const task = taskFile({ test: 'grep -q good file.txt' });

describe('the first minutes with the command line', () => {
  it('init writes a task file and models.yaml where there is none, and says what comes next', async () => {
    world = await makeWorld({ script });
    const env = { RALPH_MODELS_FILE: '' };
    const first = await world.cli(['init', '--title', 'Make it so'], { env });
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toContain('ralph lint && ralph run --backend local');
    const models = join(world.dir, 'config/ralph/models.yaml');
    expect(existsSync(models)).toBe(true);
    expect(readFileSync(models, 'utf8')).toContain('default-cheap:');
    const again = await world.cli(['init'], { env });
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('--force')]);
  });

  it('init outside a repository says that a run will want repo_url', async () => {
    world = await makeWorld({ script });
    const { code, stderr } = await world.cli(['init'], { cwd: world.dir });
    expect([code, stderr]).toEqual([0, expect.stringContaining('repo_url')]);
  });

  it('a run without a key says which variable, once, and what else can be done', async () => {
    const models = 'profiles:\n  fake:\n    litellm_model: zai/glm-4.7\n';
    world = await makeWorld({ script, models });
    world.app.files.writeText('ralph_task.md', task);
    const { code, stderr } = await world.cli(['run', '--backend', 'local']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ralph: profile fake: ZAI_API_KEY is not set\nexport ZAI_API_KEY=.*--profile/);
    expect(world.app.runs()).toEqual([]);
  });

  it('the name alone is a mistake in a script: exit 2, nothing on stdout', async () => {
    world = await makeWorld({ script });
    expect(await world.cli([])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('--help'),
    });
  });

  it('logs --tail counts the entries of --kind', async () => {
    world = await makeWorld({ script });
    const { state } = await world.run(task);
    const none = await world.cli(['logs', state.id, '--kind', 'push']);
    expect([none.code, none.stdout]).toEqual([0, '']);
    expect(none.stderr).toContain('no entry of kind push: there are action.ended, ');
    const { stdout } = await world.cli(['logs', state.id, '--kind', 'box', '--tail', '2']);
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringContaining('M1.1'),
      expect.stringContaining('M1.2'),
    ]);
  });

  it('ls fits a narrow terminal and keeps id, status and progress; a pipe gets everything', async () => {
    world = await makeWorld({ script });
    await world.create(taskFile({ test: 'true', id: 'a-task-with-a-rather-long-name' }));
    const at = async (isTty: boolean): Promise<readonly string[]> => {
      const lines: string[] = [];
      const out = { isTty, asJson: false, width: 60, print: (line: string) => lines.push(line) };
      await ls.run({ app: world.app, out } as unknown as CommandContext, selector.parse({}));
      return lines;
    };
    const narrow = await at(true);
    expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(narrow[1]).toMatch(/^[a-z0-9]{6} {2}a-t.*…  local !  queued.*0\/6/);
    expect((await at(false))[1]).toContain('a-task-with-a-rather-long-n');
  });
});
