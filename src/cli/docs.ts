import type { Command } from '../commands/define.ts';
import { RalphError } from '../domain/error.ts';
import { flagsOf } from './flags.ts';
import { listed, spell, usageOf } from './help.ts';

const BEGIN = '<!-- commands:begin -->';
const END = '<!-- commands:end -->';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string): string => `\`${cell(text)}\``;

const row = (command: Command): string => {
  const flags = flagsOf(command);
  const options = flags.filter((flag) => !flag.isPositional).map((flag) => code(spell(flag)));
  const usage = usageOf(command, flags).replace(/ \[flags\]$/, '');
  return `| ${code(usage)} | ${cell(command.title)} | ${options.join(' ')} |`;
};

/** The README's table of commands, in the order of `--help`. */
export const renderCommandTable = (commands: readonly Command[]): string =>
  ['| command | what it does | flags |', '| --- | --- | --- |', ...listed(commands).map(row)].join('\n');

/** The document with the table between its markers. Throws `usage` when a marker is missing or twice there. */
export const withCommandTable = (document: string, commands: readonly Command[]): string => {
  const pieces = document.split(BEGIN);
  const rest = pieces[1]?.split(END);
  if (pieces.length !== 2 || rest?.length !== 2) {
    throw new RalphError('usage', 'the document has no single pair of command markers', {
      hint: `Put ${BEGIN} and ${END} on lines of their own.`,
    });
  }
  return `${pieces[0]}${BEGIN}\n\n${renderCommandTable(commands)}\n\n${END}${rest[1]}`;
};
