import { isWordOnly, phaseOf } from '../../domain/classic-state.ts';
import { describeExit, succeeded, type Exit } from '../../domain/exit.ts';
import { metricsSchema, type Metrics } from '../../domain/iteration-record.ts';
import type { RunState } from '../../domain/run-state.ts';
import { scanBoxes } from '../../domain/spec/checkboxes.ts';
import { fit } from '../fit.ts';
import type { PaneFacts } from '../pane.ts';
import type { DocLine, DocTone } from './document.tsx';
import { safe } from './fleet-columns.ts';
import { title } from './overview-blocks.ts';
import { readLint, type LintReport } from './spec-lines.ts';

/** What the runner measured in the last iteration that ended. */
export const metricsPath = ({ committed }: RunState): string => `iterations/${committed}/metrics.json`;

const readMetrics = (text: string | undefined): Metrics | undefined => {
  try {
    return text === undefined ? undefined : metricsSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

interface Row {
  readonly mark: string;
  readonly tone: DocTone;
  readonly id: string;
  readonly text: string;
  readonly command: string;
  readonly outcome: string;
}

const outcomeOf = (exit: Exit | undefined, n: number, isVerified: boolean): string => {
  if (exit !== undefined) return `${describeExit(exit)}, iteration ${n}`;
  return isVerified ? 'verified before' : 'not run yet';
};

const rowOf = (
  box: { readonly id: string; readonly text: string; readonly verified: boolean },
  command: string | undefined,
  metrics: Metrics | undefined,
): Row => {
  const exit = metrics?.commands.findLast((run) => run.command === command)?.exit;
  const failed = !box.verified && exit !== undefined && !succeeded(exit);
  return {
    mark: box.verified ? '✓' : failed ? '✗' : '·',
    tone: box.verified ? 'good' : failed ? 'bad' : 'plain',
    id: box.id,
    text: box.text,
    command: command ?? 'verify_commands',
    outcome: outcomeOf(exit, metrics?.n ?? 0, box.verified),
  };
};

const wideLine = (row: Row, width: number): DocLine => {
  const left = Math.floor(width * 0.46);
  const right = 24;
  return [
    { text: ` ${row.mark} `, tone: row.tone },
    { text: fit(`${safe(row.id, 12).padEnd(5)} ${safe(row.text, 200)}`, left - 4), tone: row.tone },
    { text: ` ${fit(safe(row.command, 200), width - left - right - 2)} `, tone: 'dim' },
    { text: row.outcome, tone: row.tone },
  ];
};
/** What verifies a box is worth a line where it failed. */
const narrowLines = (row: Row): readonly DocLine[] => [
  [{ text: ` ${row.mark} ${safe(row.id, 12).padEnd(5)} ${safe(row.text, 200)}`, tone: row.tone }],
  ...(row.tone === 'bad'
    ? [
        [
          { text: `         ${row.outcome}: `, tone: row.tone },
          { text: safe(row.command, 200), tone: 'dim' as const },
        ],
      ]
    : []),
];

/** A phase for each prompt of a classic run; the agent's word ends it. */
const phaseRows = (state: RunState): readonly Row[] =>
  (state.classic?.phases ?? []).map((name, i) => {
    const ended = state.classic?.ended[i];
    const waits = i + 1 === phaseOf(state) ? 'not given yet' : 'to come';
    return {
      mark: ended === undefined ? '·' : '✓',
      tone: ended === undefined ? 'plain' : 'good',
      id: `${i + 1}/${state.classic?.phases.length ?? 1}`,
      text: name === '' ? 'phase' : `phase ${name}`,
      command: "the agent's promise",
      outcome: ended === undefined ? waits : `iteration ${ended}`,
    };
  });

const doneText = (state: RunState, rows: readonly Row[]): string => {
  if (isWordOnly(state)) return "by the agent's word only: the runner checks nothing";
  const verified = rows.filter((row) => row.mark === '✓').length;
  return `${verified} of ${rows.length} verified by the runner${state.green ? ', all on this head' : ''}`;
};

/** None for a classic run that has no test_command. */
const testRows = (
  { classic, testExit, committed }: RunState,
  lint: LintReport | undefined,
): readonly Row[] => {
  if (classic && lint && lint.testCommand === undefined) return [];
  const isGreen = testExit !== undefined && succeeded(testExit);
  return [
    {
      mark: testExit === undefined ? '·' : isGreen ? '✓' : '✗',
      tone: testExit === undefined ? 'plain' : isGreen ? 'good' : 'bad',
      id: 'test',
      text: 'test_command',
      command: lint === undefined ? '…' : (lint.testCommand ?? '–'),
      outcome: outcomeOf(testExit, committed, false),
    },
  ];
};

/** The phases, the boxes with what verifies them, and test_command. */
export const boxBlock = ({ run, file, size }: PaneFacts): readonly DocLine[] => {
  const { state } = run;
  const scanned = new Map(scanBoxes(file('@task') ?? '').boxes.map((box) => [box.id, box]));
  const lint = readLint(file('@lint'));
  const metrics = readMetrics(file(metricsPath(state)));
  const all = lint?.verifyCommands ?? [];
  const rows = Object.entries(state.boxes).map(([id, box]) =>
    rowOf(
      { id, text: box.text, verified: box.checked },
      scanned.get(id)?.verify ?? (all.length === 1 ? all[0] : undefined),
      metrics,
    ),
  );
  const lines = [...phaseRows(state), ...rows, ...testRows(state, lint)].flatMap((row) =>
    size.width >= 100 ? [wideLine(row, size.width)] : narrowLines(row),
  );
  return [title('Done when', doneText(state, rows)), ...lines];
};
