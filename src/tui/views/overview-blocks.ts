import { reasonFor } from '../../commands/applies.ts';
import type { OrderKind } from '../../domain/control.ts';
import { gauges, type BudgetGauge } from '../../domain/budget.ts';
import type { MitigationStep } from '../../domain/event.ts';
import { nextMitigation } from '../../domain/mitigation.ts';
import { committedSpend, type RunState } from '../../domain/run-state.ts';
import { isEnded } from '../../domain/run-status.ts';
import { bar, compact, sparkline, usd } from '../figures.ts';
import type { PaneFacts } from '../pane.ts';
import { wrapWords } from '../wrap-words.ts';
import type { DocLine, DocSpan, DocTone } from './document.tsx';
import { safe } from './fleet-columns.ts';
import type { LintReport } from './spec-lines.ts';

export const title = (text: string, beside = ''): DocLine => [
  { text: ` ${text}`, tone: 'title' },
  { text: beside === '' ? '' : `  ${beside}`, tone: 'dim' },
];

const amount = (gauge: BudgetGauge): string => {
  const of = (value: number): string => {
    if (gauge.unit === 'USD') return usd(value);
    return gauge.unit === 'min' ? value.toFixed(value < 10 ? 1 : 0) : compact(value);
  };
  return `${of(gauge.used)} / ${of(gauge.limit)}${gauge.unit === 'min' ? ' min' : ''}`;
};

const toneOfShare = (share: number): DocTone => {
  if (share >= 1) return 'bad';
  return share >= 0.8 ? 'warn' : 'accent';
};

interface Gauge {
  readonly name: string;
  readonly share: number;
  readonly text: string;
}
const gaugeLine = ({ name, share, text }: Gauge, cells: number): DocLine => [
  { text: ` ${name.padEnd(10)} ` },
  { text: bar(share, cells), tone: name === 'gutter' && share > 0 ? 'bad' : toneOfShare(share) },
  { text: ` ${String(Math.round(share * 100)).padStart(3)} %  ${text}` },
];

/** Every hard stop as a gauge, the one for circling too. */
export const budgetBlock = (state: RunState, width: number): readonly DocLine[] => {
  const spent = { ...committedSpend(state), iterations: state.committed };
  const { maxConsecutiveGutter: most, maxCostUsd } = state.budgets;
  const gutter: Gauge = {
    name: 'gutter',
    share: most > 0 ? state.consecutiveGutter / most : 0,
    text: `${state.consecutiveGutter} / ${most} in a row`,
  };
  const cells = Math.max(6, Math.min(20, width - 42));
  return [
    title('Budgets', maxCostUsd === undefined ? '' : '*API-equivalent price'),
    ...gauges(state.budgets, spent).map((gauge) =>
      gaugeLine(
        { name: gauge.name === 'cost' ? 'cost*' : gauge.name, share: gauge.share, text: amount(gauge) },
        cells,
      ),
    ),
    gaugeLine(gutter, cells),
  ];
};

/** The parts of the score with the most that each can be, and when it is. */
const parts = [
  ['repeated failure', 'repeatedFailure', 0.5, 'same failure 3× in 5'],
  ['stagnation', 'stagnation', 0.3, '3 without a change'],
  ['thrash', 'thrash', 0.2, 'a file flips A-B-A-B'],
] as const;
const SPARKS = 12;

const partLine = (name: string, value: number, beside: readonly DocSpan[]): DocLine => [
  { text: ` ${name.padEnd(17)} ` },
  { text: value.toFixed(2), tone: value > 0 ? 'warn' : 'dim' },
  ...beside,
];

const stepWords: Readonly<Record<MitigationStep, string>> = {
  rotate: 'a fresh session',
  'fallback-model': 'another model',
  diagnose: 'a diagnosis',
  pause: 'a pause for a human',
};

/** What the ladder would do if the run circled in the next iteration. */
const nextStep = (state: RunState, fallback: string | undefined): string => {
  const next = nextMitigation({
    taken: state.ladder,
    consecutive: state.consecutiveGutter + 1,
    maxConsecutive: state.budgets.maxConsecutiveGutter,
    profile: state.profile,
    fallback,
    canDiagnose: true,
  });
  if (next.kind === 'give-up') return 'the run fails (gutter)';
  const words = `${next.step} (${stepWords[next.step]}`;
  return next.profile === undefined ? `${words})` : `${words}: ${safe(next.profile, 40)})`;
};

/** loop_score, its three parts over time, and what comes next on the ladder. */
export const loopBlock = (
  state: RunState,
  lint: LintReport | undefined,
  width: number,
): readonly DocLine[] => {
  const score = state.loopScores.at(-1) ?? 0;
  const lines = parts.map(([name, part, most, when]): DocLine => {
    const history = state.loopHistory[part].map((value) => value / most);
    return partLine(name, state.loop[part], [
      { text: `  ${sparkline(history, SPARKS).padEnd(SPARKS)}`, tone: 'accent' },
      { text: width >= 58 ? `  ${when}` : '', tone: 'dim' },
    ]);
  });
  const recent = state.loopScores
    .slice(-5)
    .map((one) => one.toFixed(1))
    .join(' ');
  const tried = state.ladder.length > 0 ? `; tried: ${state.ladder.join(', ')}` : '';
  const ladder = `if it circles: ${lint === undefined ? '…' : nextStep(state, lint.fallback)}${tried}`;
  return [
    title(`loop_score ${score.toFixed(2)}`, score >= 0.7 ? 'in the gutter' : 'gutter from 0.70'),
    ...lines,
    partLine('history', score, [
      { text: `  ${sparkline(state.loopScores, SPARKS).padEnd(SPARKS)}`, tone: 'accent' },
      { text: width >= 58 ? `  ${recent}` : '', tone: 'dim' },
    ]),
    ...(isEnded(state.status) ? [] : wrapWords(ladder, width - 2)).map((text): DocLine => [
      { text: ` ${text}`, tone: 'dim' },
    ]),
  ];
};

const orders: readonly (readonly [OrderKind, string])[] = [
  ['pause', 'pause'],
  ['resume', 'resume'],
  ['rotate', 'rotate'],
  ['model', 'model'],
  ['note', 'note'],
  ['guardrail', 'guardrail'],
  ['spec', 'edit'],
  ['diagnose', 'diagnose'],
  ['apply', 'apply'],
  ['stop', 'stop'],
];

/** Which orders the run would take now, which not and why, and what is on its way. */
export const controlBlock = ({ run, pending, size }: PaneFacts): readonly DocLine[] => {
  const judged = orders.map(([kind, word]) => ({ word, reason: reasonFor(run, kind) }));
  const can = judged.filter(({ reason }) => reason === undefined).map(({ word }) => word);
  const off = judged.filter(({ reason }) => reason !== undefined);
  const reasons = new Set(off.map(({ reason }) => reason));
  const cannot =
    reasons.size === 1 && can.length === 0
      ? [...reasons].join('')
      : off.map(({ word, reason }) => `${word}: ${reason}`).join(' · ');
  const row = (label: string, text: string, tone: DocTone): readonly DocLine[] =>
    text === ''
      ? []
      : wrapWords(text, size.width - 10).map((line, i): DocLine => [
          { text: i === 0 ? ` ${label.padEnd(8)}` : ' '.repeat(9), tone: 'dim' },
          { text: line, tone },
        ]);
  return [
    ...row('asked', pending.map((word) => `${word}…`).join('  '), 'warn'),
    ...row('takes', can.join(', '), 'plain'),
    ...(size.width >= 100 || can.length === 0 ? row('not now', cannot, 'dim') : []),
  ];
};
