import { useMemo, type ReactElement } from 'react';
import { statusText } from '../../commands/run-table.ts';
import { untilWords } from '../../domain/countdown.ts';
import { rankOf } from '../../domain/fleet-order.ts';
import type { Rank } from '../../domain/fleet-order.ts';
import { span } from '../figures.ts';
import { fitSpans } from '../widgets/line.tsx';
import { definePane, type PaneFacts, type PaneProps } from '../pane.ts';
import { moveTop } from '../scroll.ts';
import { marks } from '../theme.ts';
import { wrapWords } from '../wrap-words.ts';
import { DocLines, type DocLine, type DocTone } from './document.tsx';
import { safe } from './fleet-columns.ts';
import { budgetBlock, controlBlock, loopBlock } from './overview-blocks.ts';
import { boxBlock, metricsPath } from './overview-boxes.ts';
import { readLint } from './spec-lines.ts';
import { firstText } from './text-state.ts';

interface State {
  readonly top: number;
}
/** From here on budgets and loop_score stand beside each other; with less room below each other. */
const BESIDE = 80;

const toneOfRank: Readonly<Record<Rank, DocTone>> = {
  paused: 'warn',
  gutter: 'bad',
  failed: 'bad',
  stalled: 'warn',
  running: 'accent',
  queued: 'dim',
  succeeded: 'good',
  stopped: 'dim',
};

/** Running time so far; what a run at work has not entered yet is counted on. */
const runningMs = ({ run, now }: PaneFacts): number => {
  const { state } = run;
  const since = state.status === 'running' && !run.orphaned ? now - Date.parse(state.lastAt) : 0;
  return state.spent.runningMs + (Number.isFinite(since) ? Math.max(0, since) : 0);
};

const statusLine = (facts: PaneFacts): DocLine => {
  const { run, now } = facts;
  const { state } = run;
  const rank = rankOf(run);
  const ago = now - Date.parse(state.lastAt);
  return [
    { text: ` ${marks[rank]} ${safe(statusText(run, now), 60)}`, tone: toneOfRank[rank] },
    { text: ` · iteration ${state.iteration} of ${state.budgets.maxIterations}` },
    { text: ` · ${span(runningMs(facts))} of ${state.budgets.maxWallTimeMinutes} min` },
    { text: Number.isFinite(ago) ? ` · last entry ${span(Math.max(0, ago))} ago` : '', tone: 'dim' },
  ];
};

/** The forge's checks of the head, or how they stood for an older one. */
const checksText = ({ checks, headSha }: PaneFacts['run']['state']): string => {
  if (checks === undefined) return '';
  const { failed, pending, total } = checks;
  const parts = [
    failed.length > 0 && `failed: ${failed.join(', ')}`,
    pending > 0 && `${pending} of ${total} not done`,
    checks.sha !== headSha && `at ${checks.sha.slice(0, 9)}`,
  ].filter(Boolean);
  return `checks ${checks.state}${parts.length === 0 ? '' : ` (${parts.join('; ')})`}`;
};

const pullText = ({ state }: PaneFacts['run']): string => {
  const { pr, green } = state;
  if (pr === undefined) return 'no pull request yet';
  const words = [pr.draft && 'draft', green && 'its head is verified', safe(checksText(state), 120)]
    .filter(Boolean)
    .join(', ');
  return `pull request #${pr.number}${words === '' ? '' : ` (${words})`} ${safe(pr.url, 200)}`;
};

const headLines = (facts: PaneFacts): readonly DocLine[] => {
  const { run, size } = facts;
  const { state } = run;
  const room = size.width - 2;
  const why = [state.detail, untilWords(state)].filter(Boolean).join(' · ');
  const wrapped = (text: string, tone: DocTone): readonly DocLine[] =>
    wrapWords(safe(text, 400), room).map((line): DocLine => [{ text: ` ${line}`, tone }]);
  const changed = state.diff
    ? `last iteration ${state.diff.files} ${state.diff.files === 1 ? 'file' : 'files'} +${state.diff.added} −${state.diff.removed}`
    : '';
  const isolation = state.isolated ? '' : ' (no isolation)';
  return [
    statusLine(facts),
    ...(why === '' ? [] : wrapped(why, state.status === 'succeeded' ? 'dim' : 'warn')),
    [
      { text: ` ${safe(state.title || state.task, 60)}`, tone: 'title' },
      {
        text: `  ${state.backend}${isolation} · ${state.agent} · ${safe(state.profile, 40)} · ${state.steering}`,
      },
    ],
    ...wrapped(
      [
        `${state.branch} → ${state.baseBranch} at ${state.baseSha.slice(0, 9)}`,
        changed,
        state.pushedSha === undefined ? 'not pushed yet' : `pushed ${state.pushedSha.slice(0, 9)}`,
      ]
        .filter(Boolean)
        .join(' · '),
      'dim',
    ),
    ...wrapped(pullText(run), 'dim'),
    ...(state.report
      ? wrapped(
          `diagnosis ${state.report.applied ? '(applied)' : '(a applies it)'}: ${state.report.summary}`,
          'warn',
        )
      : []),
  ];
};

/** Two blocks line by line beside each other. */
const beside = (left: readonly DocLine[], right: readonly DocLine[], half: number): readonly DocLine[] =>
  Array.from({ length: Math.max(left.length, right.length) }, (_, i) => [
    ...fitSpans(left[i] ?? [], half, true),
    ...(right[i] ?? []),
  ]);

/** The whole tab as lines; what does not fit is scrolled to. */
export const overviewLines = (facts: PaneFacts): readonly DocLine[] => {
  const { state } = facts.run;
  const { width } = facts.size;
  const isWide = width >= BESIDE;
  const half = isWide ? Math.floor(width / 2) : width;
  const lint = readLint(facts.file('@lint'));
  const budgets = budgetBlock(state, half);
  const loop = loopBlock(state, lint, isWide ? width - half : width);
  const gap: readonly DocLine[] = width >= 100 ? [[]] : [];
  return [
    ...headLines(facts),
    ...controlBlock(facts),
    ...gap,
    ...(isWide ? beside(budgets, loop, half) : [...budgets, ...loop]),
    ...gap,
    ...boxBlock(facts),
  ];
};

const View = ({ state, facts, theme }: PaneProps<State>): ReactElement => {
  const { width, height } = facts.size;
  const { run, pending, file } = facts;
  const [task, lint, metrics] = [file('@task'), file('@lint'), file(metricsPath(run.state))];
  const second = Math.floor(facts.now / 1000);
  const lines = useMemo(
    () => overviewLines(facts),
    [run, pending.join(), task, lint, metrics, width, second],
  );
  const top = Math.min(state.top, Math.max(0, lines.length - height));
  const left = lines.length - top - height;
  const shown =
    left > 0
      ? [...lines.slice(top, top + height - 1), [{ text: ` ▼ ${left + 1} more lines`, tone: 'dim' as const }]]
      : lines.slice(top);
  return <DocLines lines={shown} state={firstText} theme={theme} width={width} height={height} />;
};

/** Status, controls, budgets, loop_score and its parts, boxes and what verifies them, pull request. */
export const overviewPane = definePane<State>({
  tab: 'overview',
  title: 'Overview',
  initial: { top: 0 },
  reduce: (state, action, facts) =>
    action.kind === 'move'
      ? {
          top: moveTop(state.top, action.step, {
            total: overviewLines(facts).length,
            page: facts.size.height,
          }),
        }
      : state,
  View,
  copy: (_state, facts) => facts.run.state.pr?.url ?? facts.run.state.branch,
});
