import { isWordOnly, WORD_ONLY } from '../domain/classic-state.ts';
import { waitingText } from '../domain/countdown.ts';
import { textOf } from '../domain/entry-text.ts';
import { exitOfStatus } from '../domain/exit-status.ts';
import type { Entry } from '../domain/event.ts';
import type { RunState } from '../domain/run-state.ts';
import { singleLine } from '../domain/terminal.ts';
import { createCountDown } from './count-down.ts';
import type { CommandContext } from './define.ts';

const shown = new Set<Entry['type']>(['command.output']);

const waitOf = ({ status, reason, until }: Extract<Entry, { type: 'run.status' }>) =>
  status === 'waiting' ? (now: number) => waitingText({ status, reason, until }, now) : undefined;

/** Works on a run in this process, prints its entries, and ends with the exit code of its status. */
export const runHere = async (
  context: CommandContext,
  id: string,
  options: { quiet?: boolean } = {},
): Promise<number> => {
  const { app, out } = context;
  const engine = await app.engine();
  const signal = context.interrupted();
  const foot = createCountDown(context);
  const onEntry = (entry: Entry): void => {
    if (entry.type === 'run.status') foot.show(waitOf(entry));
    if (out.asJson) out.json(entry);
    else if (!options.quiet || !shown.has(entry.type)) {
      for (const line of textOf(entry, { colour: out.colour })) out.print(line);
    }
  };
  const state = await engine.runHere(id, { onEntry, signal }).finally(() => foot.show(undefined));
  if (!out.asJson) for (const line of summary(app.homes.dir, state)) out.print(line);
  return signal.aborted && state.status === 'paused' ? 130 : exitOfStatus(state.status);
};

/** What ended the phases, and what does not stand behind it. */
const promised = (state: RunState): readonly string[] => {
  if (!state.classic) return [];
  const { phases, ended } = state.classic;
  const line = `  phases       ${ended.length} of ${phases.length} ended by the agent's promise`;
  return isWordOnly(state) && state.status === 'succeeded' ? [line, `  success      ${WORD_ONLY}`] : [line];
};

/** A path as a shell takes it. */
const quoted = (path: string): string =>
  /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

const goOn = ({ id, report }: RunState): readonly string[] => [
  ...(report?.applied === false
    ? [`  diagnosis    ralph apply ${id} takes its proposals: ${singleLine(report.summary, 120)}`]
    : []),
  `  go on with   ralph resume ${id} -f`,
];

/** What happened, and where to look. */
export const summary = (runsDir: string, state: RunState): readonly string[] => {
  const boxes = Object.values(state.boxes);
  const why = [state.reason, state.detail].filter(Boolean).join(': ');
  return [
    '',
    `run ${state.id} ${state.status}${why ? ` (${why})` : ''}`,
    `  iterations   ${state.committed} of ${state.budgets.maxIterations}`,
    ...promised(state),
    ...(state.classic && boxes.length === 0
      ? []
      : [`  boxes        ${boxes.filter((b) => b.checked).length} of ${boxes.length} verified`]),
    `  spent        $${state.spent.costUsd.toFixed(4)} (API-equivalent), ${state.spent.tokens.toLocaleString('en')} tokens, ${(state.spent.runningMs / 1000).toFixed(1)} s`,
    `  loop_score   ${state.loopScores.map((s) => s.toFixed(1)).join(' ') || 'none'}`,
    `  branch       ${state.branch}${state.pushedSha ? ` pushed at ${state.pushedSha.slice(0, 12)}` : ' not pushed'}`,
    ...(state.pushedSha && state.repo.startsWith('/')
      ? [`  look at it   git -C ${quoted(state.repo)} diff ${state.baseBranch}...${state.branch}`]
      : []),
    ...(state.pr
      ? [`  pull request #${state.pr.number} ${state.pr.url}${state.pr.draft ? ' (draft)' : ''}`]
      : []),
    `  files        ${runsDir}/${state.id}/.ralph`,
    ...(state.status === 'paused' ? goOn(state) : []),
  ];
};
