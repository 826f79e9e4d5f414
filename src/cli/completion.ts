import { z } from 'zod';
import { defineCommand, type Command, type CommandContext } from '../commands/define.ts';
import { flagsOf, optionsOf, positionalsOf, type Flag } from './flags.ts';
import { listed } from './help.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

const wordsOf = (flag: Flag): readonly string[] => {
  const long = flag.kind === 'boolean' && flag.fallback === true ? `--no-${flag.option}` : `--${flag.option}`;
  return flag.short === undefined ? [long] : [`-${flag.short}`, long];
};
const pathOf = (command: Command): string => command.cli?.path ?? '';
const takesRuns = (command: Command): boolean =>
  positionalsOf(command).some((flag) => flag.name === 'runs' || flag.name === 'run');
/** What a command's positionals can be. */
const choicesOf = (command: Command): readonly string[] =>
  positionalsOf(command).flatMap((flag) => [...flag.choices, ...flag.suggested]);
/** Whether it takes the path of a file, as in FILE and TASK_FILE. */
const isFile = (flag: Flag): boolean => flag.kind === 'string' && /(?:^|_)FILE$/.test(flag.value);

/** The first words, and for each first word of two its second ones. */
const tree = (commands: readonly Command[]): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  for (const command of listed(commands)) {
    const [first = '', second] = pathOf(command).split(' ');
    found.set(first, [...(found.get(first) ?? []), ...(second === undefined ? [] : [second])]);
  }
  return found;
};

const shellCase = (command: Command): string => {
  const options = optionsOf(command, flagsOf(command));
  // After a flag with a value comes that value, and nothing else.
  const values = options
    .filter((flag) => flag.kind !== 'boolean')
    .map((flag) => {
      const value = isFile(flag) ? 'files=1' : `words='${flag.choices.join(' ')}'`;
      return `        ${wordsOf(flag).join('|')}) ${value} ;;`;
    });
  const offered = [...options.flatMap(wordsOf), ...choicesOf(command)].join(' ');
  const runs = takesRuns(command) ? ' $(_ralph_runs)' : '';
  return [
    `    '${pathOf(command)}')`,
    '      case $prev in',
    ...values,
    `        *) words="${offered}${runs}"${positionalsOf(command).some(isFile) ? '; files=1' : ''} ;;`,
    '      esac ;;',
  ].join('\n');
};

const BASH_BODY = (commands: readonly Command[]): string => {
  const branches = [...tree(commands)].filter(([, seconds]) => seconds.length > 0);
  return [
    `    '') words='${[...tree(commands).keys(), 'help'].join(' ')}' ;;`,
    ...listed(commands).map(shellCase),
    ...branches.map(([first, seconds]) => `    '${first}') words='${seconds.join(' ')}' ;;`),
    `    'help') words='${[...tree(commands).keys()].join(' ')}' ;;`,
  ].join('\n');
};

/** The command's path out of the words so far: up to two that are no flags. */
const path = (commands: readonly Command[]): string => {
  const twoWords = [...tree(commands)].filter(([, seconds]) => seconds.length > 0).map(([first]) => first);
  return twoWords.length === 0 ? '-' : twoWords.join('|');
};

const bash = (
  commands: readonly Command[],
): string => `# bash completion of ralph: source <(ralph completion bash)
_ralph_runs() { ralph completion --runs 2>/dev/null; }
_ralph() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words='' files='' first='' second='' at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      -*) ;;
      *) if [[ -z $first ]]; then first=\${COMP_WORDS[at]}; elif [[ -z $second ]]; then second=\${COMP_WORDS[at]}; fi ;;
    esac
  done
  case $first in
    ${path(commands)}) [[ -n $second ]] && first="$first $second" ;;
  esac
  case $first in
${BASH_BODY(commands)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [[ -n $files ]] && COMPREPLY+=($(compgen -f -- "$cur"))
  return 0
}
complete -F _ralph ralph ralph-fleet`;

const zsh = (commands: readonly Command[]): string => `#compdef ralph ralph-fleet
# zsh completion of ralph: source <(ralph completion zsh)
_ralph_runs() { ralph completion --runs 2>/dev/null; }
_ralph() {
  local prev=\${words[CURRENT-1]} first='' second='' offered='' files='' at
  for ((at = 2; at < CURRENT; at++)); do
    case \${words[at]} in
      -*) ;;
      *) if [[ -z $first ]]; then first=\${words[at]}; elif [[ -z $second ]]; then second=\${words[at]}; fi ;;
    esac
  done
  case $first in
    ${path(commands)}) [[ -n $second ]] && first="$first $second" ;;
  esac
  case $first in
${BASH_BODY(commands).replaceAll(/\bwords=/g, 'offered=')}
  esac
  compadd -- \${=offered}
  [[ -n $files ]] && _files
  return 0
}
if [[ $funcstack[1] == _ralph ]]; then _ralph "$@"; else compdef _ralph ralph ralph-fleet; fi`;

const fishText = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const fishFlag = (flag: Flag, condition: string): string => {
  const long = wordsOf(flag).at(-1)!.slice(2);
  const short = flag.short === undefined ? '' : ` -s ${flag.short}`;
  const value = isFile(flag) ? ' -r -F' : ` -x -a ${fishText(flag.choices.join(' '))}`;
  const takes = flag.kind === 'boolean' ? '' : value;
  return `complete -c ralph -n ${fishText(condition)} -l ${long}${short}${takes} -d ${fishText(flag.help)}`;
};

const fishCommand = (command: Command): readonly string[] => {
  const [first = '', second] = pathOf(command).split(' ');
  const here = `__fish_seen_subcommand_from ${second ?? first}${second === undefined ? '' : `; and __fish_seen_subcommand_from ${first}`}`;
  const place =
    second === undefined
      ? '__fish_use_subcommand'
      : `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${second}`;
  const offered = [
    ...choicesOf(command),
    ...(takesRuns(command) ? ['(ralph completion --runs 2>/dev/null)'] : []),
  ];
  return [
    `complete -c ralph -f -n ${fishText(place)} -a ${second ?? first} -d ${fishText(command.title)}`,
    ...optionsOf(command).map((flag) => fishFlag(flag, here)),
    ...(offered.length > 0
      ? [`complete -c ralph -f -n ${fishText(here)} -a ${fishText(offered.join(' '))}`]
      : []),
  ];
};

const fish = (commands: readonly Command[]): string =>
  [
    '# fish completion of ralph: ralph completion fish | source',
    'complete -c ralph-fleet -w ralph',
    ...[...tree(commands)]
      .filter(([, seconds]) => seconds.length > 0)
      .map(([first]) => `complete -c ralph -f -n '__fish_use_subcommand' -a ${first}`),
    ...listed(commands).flatMap(fishCommand),
  ].join('\n');

const scripts: Readonly<Record<Shell, (commands: readonly Command[]) => string>> = { bash, zsh, fish };

/** The completion script of a shell, generated from the records. */
export const completionScript = (shell: Shell, commands: readonly Command[]): string =>
  scripts[shell](commands);

/** `ralph completion SHELL`, and `ralph completion --runs`, which the scripts call. `commands` is asked late, so that it can hold this one too. */
export const completionCommand = (
  commands: () => readonly Command[],
  runIds: (context: CommandContext) => readonly string[],
): Command =>
  defineCommand({
    id: 'setup.completion',
    title: 'Print a completion script for a shell',
    group: 'Set up',
    args: z.object({
      shell: z.enum(shells).default('bash').describe('the shell'),
      runs: z.boolean().default(false).describe('print the run ids instead'),
    }),
    cli: { path: 'completion', positional: ['shell'] },
    examples: ['completion bash > ~/.local/share/bash-completion/completions/ralph'],
    run: (context, { shell, runs }) => {
      const text = runs ? runIds(context).join('\n') : completionScript(shell, commands());
      if (text !== '') context.out.print(text);
      return Promise.resolve();
    },
  });
