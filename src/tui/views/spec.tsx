import { Box } from 'ink';
import { useMemo, type ReactElement } from 'react';
import type { PaneAction } from '../../commands/screen-action.ts';
import type { Finding } from '../../domain/spec/finding.ts';
import { definePane, type PaneFacts, type PaneProps } from '../pane.ts';
import { DocLines, labelled, plainOf, type DocLine } from './document.tsx';
import { readLint, specRows, type SpecRow } from './spec-lines.ts';
import { firstText, reduceText, type TextState } from './text-state.ts';

interface State extends TextState {
  /** The finding that one stands on; undefined before one was looked for. */
  readonly at: number | undefined;
}
/** From here on the findings stand beside the text. */
const WIDE = 100;
const MOST_BELOW = 0.4;

interface Layout {
  readonly text: { readonly width: number; readonly height: number };
  readonly lint: { readonly width: number; readonly height: number };
}
const layoutOf = ({ size }: PaneFacts, lintLines: (width: number) => number): Layout => {
  const { width, height } = size;
  if (width >= WIDE) {
    const left = Math.floor(width * 0.6);
    return { text: { width: left, height }, lint: { width: width - left, height } };
  }
  const below = Math.min(lintLines(width), Math.max(2, Math.floor(height * MOST_BELOW)));
  return { text: { width, height: height - below }, lint: { width, height: below } };
};

const findingLines = (finding: Finding, width: number): readonly DocLine[] => {
  const tone = finding.level === 'error' ? 'bad' : 'warn';
  const room = { width: width - 2, wrap: true };
  return [
    [
      { text: ` ${finding.level}`, tone },
      { text: ` · line ${finding.line}`, tone: 'dim' },
    ],
    ...labelled('   ', finding.message, room),
    ...labelled('   write  ', finding.fix, { ...room, tone: 'accent' }),
  ];
};

const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

const headLine = (findings: readonly Finding[], at: number | undefined): DocLine => {
  const errors = findings.filter((finding) => finding.level === 'error').length;
  const warnings = findings.length - errors;
  const parts = [errors > 0 && count(errors, 'error'), warnings > 0 && count(warnings, 'warning')];
  return [
    { text: ` ${parts.filter(Boolean).join(', ')}`, tone: errors > 0 ? 'bad' : 'warn' },
    { text: at === undefined ? '  ← → goes through them' : `  ${at + 1} of ${findings.length}`, tone: 'dim' },
  ];
};

/** A ticked box is worth a word before a run; what the runner itself has ticked is not. */
const findingsOf = ({ file, run }: PaneFacts): readonly Finding[] | undefined =>
  readLint(file('@lint'))?.findings.filter(
    ({ code, key }) => code !== 'box.checked' || run.state.boxes[key ?? '']?.checked !== true,
  );

/** What the linter says, from the finding on that one stands on. */
const lintLines = (facts: PaneFacts, at: number | undefined, width: number): readonly DocLine[] => {
  const findings = findingsOf(facts);
  if (findings === undefined) return [[{ text: ' The linter reads it…', tone: 'dim' }]];
  if (findings.length === 0) return [[{ text: ' ✓ The linter finds nothing.', tone: 'good' }]];
  const from = Math.min(at ?? 0, findings.length - 1);
  return [
    headLine(findings, at),
    ...findings.slice(from, from + 20).flatMap((one) => findingLines(one, width)),
  ];
};

const rowsOf = (state: State, facts: PaneFacts, width: number): readonly SpecRow[] =>
  specRows(facts.file('@task') ?? '', {
    boxes: facts.run.state.boxes,
    findings: findingsOf(facts) ?? [],
    width: width - 1,
    wrap: state.wrap,
  });

const layoutFor = (state: State, facts: PaneFacts): Layout =>
  layoutOf(facts, (width) => lintLines(facts, state.at, width).length + 1);

/** To the next finding, and its line into view. */
const toFinding = (state: State, by: 1 | -1, facts: PaneFacts): State => {
  const findings = findingsOf(facts) ?? [];
  if (findings.length === 0) return state;
  const at = state.at === undefined ? 0 : (state.at + by + findings.length) % findings.length;
  const { text } = layoutFor({ ...state, at }, facts);
  const row = rowsOf(state, facts, text.width).findIndex(({ line }) => line === findings[at]!.line);
  const seen = row >= state.top && row < state.top + text.height;
  return { ...state, at, top: row < 0 || seen ? state.top : Math.max(0, row - 2) };
};

const reduce = (state: State, action: PaneAction, facts: PaneFacts): State => {
  if (action.kind === 'side') return toFinding(state, action.by, facts);
  if (action.kind === 'enter') return toFinding(state, 1, facts);
  const { text } = layoutFor(state, facts);
  const lines = rowsOf(state, facts, text.width).map(({ spans }) => plainOf(spans));
  return { ...state, ...reduceText(state, action, { lines, page: text.height }) };
};

const View = ({ state, facts, theme }: PaneProps<State>): ReactElement => {
  const { width, height } = facts.size;
  const task = facts.file('@task');
  const lint = facts.file('@lint');
  const { text, lint: beside } = layoutFor(state, facts);
  const { boxes } = facts.run.state;
  const rows = useMemo(() => rowsOf(state, facts, text.width), [task, lint, boxes, text.width, state.wrap]);
  if (task === undefined)
    return (
      <DocLines
        lines={[[{ text: ' There is no task file.' }]]}
        state={firstText}
        theme={theme}
        width={width}
        height={height}
      />
    );
  const isWide = width >= WIDE;
  const findings = lintLines(facts, state.at, beside.width);
  return (
    <Box flexDirection={isWide ? 'row' : 'column'}>
      <Box width={text.width} height={text.height} flexDirection="column">
        <DocLines lines={rows.map(({ spans }) => spans)} state={state} theme={theme} {...text} />
      </Box>
      <DocLines
        lines={isWide ? findings : [[{ text: '─'.repeat(width), tone: 'dim' }], ...findings]}
        state={firstText}
        theme={theme}
        {...beside}
      />
    </Box>
  );
};

const taskText = (facts: PaneFacts): string => facts.file('@task') ?? '';

/** The task file with its boxes as the runner has verified them, and what the linter says beside it. */
export const specPane = definePane<State>({
  tab: 'spec',
  title: 'Spec',
  initial: { ...firstText, at: undefined },
  reduce,
  View,
  isSearching: (state) => state.search !== '',
  copy: (_state, facts) => taskText(facts),
  export: (_state, facts) => ({ name: `ralph-${facts.run.id}-task.md`, text: taskText(facts) }),
});
