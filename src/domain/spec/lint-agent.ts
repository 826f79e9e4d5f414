import { COMMAND_VALUES } from '../agent-command.ts';
import { nearestWord } from '../nearest.ts';
import { valuesIn } from '../template.ts';
import { quoteForOutput, type Finding } from './finding.ts';
import type { Frontmatter } from './frontmatter.ts';
import type { TaskFrontmatter } from './task.ts';

export const AGENT_COMMAND_EXAMPLE = 'agent_command: "python ralph.py --prompt-file {{prompt_file}}"';

/** `agent: command` needs its command, no other agent has one, and it may only name values that there are. */
export const lintAgent = (front: Frontmatter, data: TaskFrontmatter): Finding[] => {
  const { agent, agent_command: command } = data;
  if (agent === 'command' && command === undefined) {
    return [
      {
        level: 'error',
        code: 'agent.command',
        line: front.lineOf(['agent']),
        key: 'agent_command',
        message: 'agent: command needs agent_command',
        fix: AGENT_COMMAND_EXAMPLE,
      },
    ];
  }
  if (command === undefined) return [];
  const at = { line: front.lineOf(['agent_command']), key: 'agent_command' } as const;
  if (agent !== 'command') {
    const message = `agent_command is only for agent: command, and this task has agent: ${agent}`;
    return [{ ...at, level: 'warning', code: 'agent.command', message, fix: 'agent: "command"' }];
  }
  const known: readonly string[] = COMMAND_VALUES;
  const unknown = valuesIn(command).find((name) => !known.includes(name));
  if (unknown === undefined) return [];
  const near = nearestWord(unknown, known) ?? 'prompt_file';
  const message = `agent_command names {{${quoteForOutput(unknown)}}}; there are ${known.join(', ')}`;
  const fix = quoteForOutput(`agent_command: "${command.replaceAll(`{{${unknown}}}`, `{{${near}}}`)}"`, 2000);
  return [{ ...at, level: 'error', code: 'agent.value', message, fix }];
};
