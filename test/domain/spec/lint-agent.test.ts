import { describe, expect, it } from 'vitest';
import { lintTask } from '../../../src/domain/spec/lint.ts';
import { taskFile } from '../../fakes/world.ts';

const lint = (extra: string) =>
  lintTask(taskFile({ test: 'npm test', extra })).findings.map(({ level, key, message, fix }) => ({
    level,
    key,
    message,
    fix,
  }));

describe('agents of a task file', () => {
  it('agent: command needs its command', () => {
    expect(lint('agent: command')).toContainEqual({
      level: 'error',
      key: 'agent_command',
      message: 'agent: command needs agent_command',
      fix: 'agent_command: "python ralph.py --prompt-file {{prompt_file}}"',
    });
  });

  it('a value that there is not is named with the nearest one', () => {
    expect(lint('agent: command\nagent_command: "run {{promptfile}}"')).toContainEqual({
      level: 'error',
      key: 'agent_command',
      message: 'agent_command names {{promptfile}}; there are prompt_file, model, iteration, repo',
      fix: 'agent_command: "run {{prompt_file}}"',
    });
  });

  it('a command for another agent is a warning', () => {
    const found = lint('agent: claude\nagent_command: "x"');
    expect(found).toMatchObject([{ level: 'warning', key: 'agent_command' }]);
  });

  it('limits have defaults and bounds', () => {
    const { task } = lintTask(taskFile({ test: 'npm test', extra: 'agent: codex' }));
    expect(task).toMatchObject({ agent: 'codex', agentIdleMinutes: 15, agentMaxTurns: 200 });
    expect(lint('agent: codex\nagent_max_turns: 0\nagent_idle_minutes: -1')).toMatchObject([
      { key: 'agent_max_turns', fix: 'agent_max_turns: 200' },
      { key: 'agent_idle_minutes', fix: 'agent_idle_minutes: 15' },
    ]);
  });
});
