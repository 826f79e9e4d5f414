import type { Command, CommandContext } from '../commands/define.ts';

/** Why a command cannot be carried out from the screen just now; undefined when it can. */
export const disabledReason = (command: Command, context: CommandContext): string | undefined => {
  if (command.cliOnly) return `ralph ${command.cli?.path ?? ''} needs a terminal of its own`;
  const looks = command.looksOnly === true || command.group === 'Look';
  if (context.ui?.readOnly && !looks) return 'the screen is read-only';
  return command.disabledReason?.(context);
};
