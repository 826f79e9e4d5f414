import type { RunInfo } from '../commands/app.ts';
import type { Command, CommandContext } from '../commands/define.ts';
import { statusWords } from '../commands/run-table.ts';
import { selectable } from '../commands/selectable.ts';
import { selectRuns } from '../domain/select.ts';
import type { Screen } from './screen-types.ts';
import { safe } from './views/fleet-columns.ts';

export interface Selection {
  readonly runs: readonly string[];
  readonly all: boolean;
  readonly filter: string;
}
/** The part of a command's arguments that names runs; undefined where it takes none. */
export const selectionIn = (
  command: Command,
  args: Readonly<Record<string, unknown>>,
): Selection | undefined => {
  if (!('runs' in command.args.shape)) return undefined;
  const { runs, all, filter } = args;
  return {
    runs: Array.isArray(runs) ? runs.map(String) : [],
    all: all === true,
    filter: typeof filter === 'string' ? filter : '',
  };
};
const isEmpty = ({ runs, all, filter }: Selection): boolean =>
  runs.length === 0 && !all && filter.trim() === '';

const everyRun = ({ store }: Screen): readonly RunInfo[] =>
  store.order({ sort: 'age', group: 'none', filter: '' }).flatMap((id) => store.get(id) ?? []);

/** Arguments with the runs on screen, where the line names none and would not mean all. */
export const withTargets = (
  command: Command,
  args: Readonly<Record<string, unknown>>,
  context: CommandContext,
): Readonly<Record<string, unknown>> => {
  const selection = selectionIn(command, args);
  if (selection === undefined || !isEmpty(selection) || command.emptyMeansAll) return args;
  return { ...args, runs: (context.ui?.targets ?? []).map((run) => run.id) };
};

/** The runs that a command with these arguments is about. Throws `usage` and `run.not-found`. */
export const affectedRuns = (
  screen: Screen,
  command: Command,
  args: Readonly<Record<string, unknown>>,
): readonly RunInfo[] => {
  const selection = selectionIn(command, args);
  if (selection === undefined || (isEmpty(selection) && !command.emptyMeansAll)) return [];
  const whenEmpty = command.emptyMeansAll ? 'all' : 'refuse';
  return selectRuns(selectable(everyRun(screen)), selection, { whenEmpty }).map((one) => one.info);
};

/** A run as a line of a box. */
export const runLine = (run: RunInfo): string =>
  `${safe(run.id, 24)}  ${safe(run.state.title || run.state.task, 40)}  ${safe(statusWords(run), 30)}`;
