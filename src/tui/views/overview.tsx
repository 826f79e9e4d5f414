import { Box } from 'ink';
import type { ReactElement } from 'react';
import { statusText } from '../../commands/run-table.ts';
import { gauges, type BudgetGauge } from '../../domain/budget.ts';
import { describeExit } from '../../domain/exit.ts';
import { rankOf } from '../../domain/fleet-order.ts';
import { committedSpend, type RunState } from '../../domain/run-state.ts';
import { bar, compact, sparkline, usd } from '../figures.ts';
import { definePane, type PaneProps } from '../pane.ts';
import { moveTop } from '../scroll.ts';
import type { Theme } from '../theme.ts';
import { Line, type Span } from '../widgets/line.tsx';
import { safe } from './fleet-columns.ts';

interface State {
  /** First line of the boxes. */
  readonly top: number;
}
const BAR = 20;

const amount = (gauge: BudgetGauge): string => {
  const of = (value: number): string => {
    if (gauge.unit === 'USD') return usd(value);
    return gauge.unit === 'min' ? value.toFixed(value < 10 ? 1 : 0) : compact(value);
  };
  return `${of(gauge.used)} / ${of(gauge.limit)}${gauge.unit === 'min' ? ' min' : ''}`;
};

const gaugeLines = (state: RunState, theme: Theme): readonly (readonly Span[])[] => {
  const spent = { ...committedSpend(state), iterations: state.committed };
  const rows = gauges(state.budgets, spent).map((gauge): readonly Span[] => [
    { text: ` ${(gauge.name === 'cost' ? 'cost*' : gauge.name).padEnd(12)}` },
    {
      text: bar(gauge.share, BAR),
      look: gauge.share >= 1 ? theme.tones.bad : gauge.share >= 0.8 ? theme.tones.warn : theme.accent,
    },
    { text: ` ${amount(gauge)}  ${Math.round(gauge.share * 100)} %` },
  ]);
  const { maxConsecutiveGutter } = state.budgets;
  const share = maxConsecutiveGutter > 0 ? state.consecutiveGutter / maxConsecutiveGutter : 0;
  return [
    ...rows,
    [
      { text: ` ${'gutter'.padEnd(12)}` },
      { text: bar(share, BAR), look: share > 0 ? theme.tones.bad : theme.accent },
      { text: ` ${state.consecutiveGutter} / ${maxConsecutiveGutter} in a row` },
    ],
  ];
};

const ladderSteps = ['rotate', 'fallback-model', 'diagnose', 'pause'] as const;

const loopLines = (state: RunState, theme: Theme): readonly (readonly Span[])[] => {
  const { loop, ladder } = state;
  const part = (name: string, value: number): readonly Span[] => [
    { text: ` ${name.padEnd(18)}` },
    { text: value.toFixed(2), look: value > 0 ? theme.tones.warn : theme.tones.dim },
  ];
  const next = ladderSteps.find((step) => !ladder.includes(step)) ?? 'pause';
  return [
    part('repeated failure', loop.repeatedFailure),
    part('stagnation', loop.stagnation),
    part('thrash', loop.thrash),
    [
      { text: ' history  ' },
      { text: sparkline(state.loopScores, 24), look: theme.accent },
      {
        text: ` ${state.loopScores
          .slice(-4)
          .map((s) => s.toFixed(1))
          .join(' ')}`,
      },
    ],
    [
      {
        text:
          ladder.length > 0
            ? ` tried: ${ladder.join(', ')}; next: ${next}`
            : ` first step of the ladder: ${next}`,
        look: theme.tones.dim,
      },
    ],
  ];
};

const boxLines = (state: RunState, theme: Theme): readonly (readonly Span[])[] => [
  ...Object.entries(state.boxes).map(([id, box]): readonly Span[] => [
    {
      text: ` ${box.checked ? '✓' : '·'} ${safe(id, 10).padEnd(6)} `,
      look: box.checked ? theme.tones.good : theme.tones.dim,
    },
    { text: safe(box.text, 160) },
    { text: box.checked ? '  verified by the runner' : '', look: theme.tones.dim },
  ]),
  [
    { text: '   test_command ', look: theme.tones.dim },
    {
      text: state.testExit ? describeExit(state.testExit) : 'not run yet',
      look: state.green ? theme.tones.good : theme.tones.dim,
    },
  ],
];

/** Two blocks beside each other, or below where it is narrow. */
const beside = (
  left: readonly (readonly Span[])[],
  right: readonly (readonly Span[])[],
  width: number,
): ReactElement => {
  const isWide = width >= 100;
  const half = isWide ? Math.floor(width / 2) : width;
  const block = (lines: readonly (readonly Span[])[], of: number): ReactElement => (
    <Box flexDirection="column" width={of}>
      {lines.map((spans, i) => (
        <Line key={i} width={of} spans={spans} />
      ))}
    </Box>
  );
  return (
    <Box flexDirection={isWide ? 'row' : 'column'}>
      {block(left, half)}
      {block(right, isWide ? width - half : width)}
    </Box>
  );
};

const headLines = ({ facts, theme }: PaneProps<State>): readonly (readonly Span[])[] => {
  const { run, pending } = facts;
  const { state } = run;
  const why = [state.detail, state.until && `until ${state.until}`].filter(Boolean).join(' · ');
  const pr = state.pr
    ? `#${state.pr.number}${state.pr.draft ? ' draft' : ''} ${safe(state.pr.url, 100)}`
    : 'none yet';
  return [
    [
      { text: ` ${safe(statusText(run), 60)}`, look: theme.ranks[rankOf(run)] },
      { text: ` · iteration ${state.iteration} of ${state.budgets.maxIterations}` },
      { text: pending.length > 0 ? `   ${pending.join(', ')}…` : '', look: theme.tones.warn },
      { text: why === '' ? '' : `   ${safe(why, 200)}`, look: theme.tones.warn },
    ],
    [
      { text: ` ${safe(state.title || state.task, 80)}   `, look: theme.title },
      {
        text: `${state.backend}${state.isolated ? '' : ' (no isolation)'} · ${state.agent} · ${safe(state.profile, 40)}`,
      },
    ],
    [
      {
        text: ` branch ${safe(state.branch, 60)} → ${safe(state.baseBranch, 40)}   pull request ${pr}`,
        look: theme.tones.dim,
      },
    ],
    ...(state.report
      ? [
          [
            {
              text: ` diagnosis ${state.report.applied ? '(applied)' : '(a applies it)'} `,
              look: theme.tones.warn,
            },
            { text: safe(state.report.summary, 300) },
          ],
        ]
      : []),
  ];
};

const HEAD_ROWS = 12;

const View = (props: PaneProps<State>): ReactElement => {
  const { state: pane, facts, theme } = props;
  const { width, height } = facts.size;
  const { state } = facts.run;
  const head = headLines(props);
  const score = (state.loopScores.at(-1) ?? 0).toFixed(2);
  const title = (text: string): readonly Span[] => [{ text: ` ${text}`, look: theme.title }];
  const boxes = boxLines(state, theme);
  const room = Math.max(3, height - head.length - HEAD_ROWS);
  return (
    <Box flexDirection="column">
      {head.map((spans, i) => (
        <Line key={i} width={width} spans={spans} />
      ))}
      <Line width={width} spans={[]} />
      {beside(
        [title('Budgets'), ...gaugeLines(state, theme)],
        [title(`loop_score ${score}`), ...loopLines(state, theme)],
        width,
      )}
      <Line width={width} spans={[]} />
      <Line width={width} spans={title('Done when')} />
      {boxes.slice(pane.top, pane.top + room).map((spans, i) => (
        <Line key={i} width={width} spans={spans} />
      ))}
      {state.budgets.maxCostUsd !== undefined && (
        <Line
          width={width}
          spans={[{ text: ' * API-equivalent price of the tokens', look: theme.tones.dim }]}
        />
      )}
    </Box>
  );
};

/** Status, budgets, loop_score and its parts, boxes, pull request. */
export const overviewPane = definePane<State>({
  tab: 'overview',
  title: 'Overview',
  initial: { top: 0 },
  reduce: (state, action, facts) =>
    action.kind === 'move'
      ? {
          top: moveTop(state.top, action.step, {
            total: Object.keys(facts.run.state.boxes).length + 1,
            page: Math.max(3, facts.size.height - HEAD_ROWS - 3),
          }),
        }
      : state,
  View,
  copy: (_state, facts) => facts.run.state.pr?.url ?? facts.run.state.branch,
});
