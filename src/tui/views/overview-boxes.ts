import { describeExit, succeeded, type Exit } from '../../domain/exit.ts';
import { metricsSchema, type Metrics } from '../../domain/iteration-record.ts';
import type { RunState } from '../../domain/run-state.ts';
import { scanBoxes } from '../../domain/spec/checkboxes.ts';
import { fit } from '../fit.ts';
import type { PaneFacts } from '../pane.ts';
import type { DocLine, DocTone } from './document.tsx';
import { safe } from './fleet-columns.ts';
import { title } from './overview-blocks.ts';
import { readLint } from './spec-lines.ts';

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

/** The boxes with what verifies them, and test_command. */
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
  const test: Row = {
    mark: state.testExit === undefined ? '·' : succeeded(state.testExit) ? '✓' : '✗',
    tone: state.testExit === undefined ? 'plain' : succeeded(state.testExit) ? 'good' : 'bad',
    id: 'test',
    text: 'test_command',
    command: lint === undefined ? '…' : (lint.testCommand ?? '–'),
    outcome: state.testExit === undefined ? 'not run yet' : outcomeOf(state.testExit, state.committed, false),
  };
  const verified = rows.filter((row) => row.mark === '✓').length;
  const done = `${verified} of ${rows.length} verified by the runner${state.green ? ', all on this head' : ''}`;
  const lines = [...rows, test].flatMap((row) =>
    size.width >= 100 ? [wideLine(row, size.width)] : narrowLines(row),
  );
  return [title('Done when', done), ...lines];
};
