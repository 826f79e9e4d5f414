import { iterationParts } from '../../domain/iteration-record.ts';
import { singleLine } from '../../domain/terminal.ts';
import type { Look, Theme } from '../theme.ts';
import type { Span } from '../widgets/line.tsx';
import { cleanLine, matchLook, remember, withMatches, type LongText } from './diff-window.ts';

export const parts = [...iterationParts, 'done.json'] as const;
export type Part = (typeof parts)[number];

/** One word each, for the line of tabs. */
export const partTitles: Readonly<Record<Part, string>> = {
  'prompt.md': 'prompt',
  'response.json': 'response',
  'actions.jsonl': 'actions',
  'git_diff.patch': 'patch',
  'test_output.txt': 'tests',
  'metrics.json': 'metrics',
  'pr_state.json': 'pr',
  'done.json': 'done',
};

/** Larger JSON is shown as it is: to read and indent it would hold up the screen. */
const MAX_PRETTY = 4 * 1024 * 1024;

const pretty = (text: string): string => {
  if (text.length > MAX_PRETTY) return text;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
};

/** A longer line is shown as several, so that all of it can be scrolled to where it is wrapped. */
const LONGEST = 400;

interface Lines {
  readonly count: number;
  line(index: number): string;
}

/** After a blank, where there is one near. */
const pieceEnd = (text: string, from: number): number => {
  const half = from + LONGEST / 2;
  const blank = text.slice(half, from + LONGEST).lastIndexOf(' ');
  return blank < 0 ? from + LONGEST : half + blank + 1;
};

/** Borders only: most lines are never looked at. */
const linesOf = (text: string): Lines => {
  const starts: number[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at);
    const next = end < 0 ? text.length : end + 1;
    starts.push(at);
    for (let piece = pieceEnd(text, at); piece < next - 1; piece = pieceEnd(text, piece)) starts.push(piece);
    at = next;
  }
  return {
    count: starts.length,
    line: (i) => text.slice(starts[i], starts[i + 1]).replace(/\n$/, ''),
  };
};

interface ActionRecord {
  readonly action?: Readonly<Record<string, unknown>>;
  readonly outcome?: unknown;
  readonly detail?: unknown;
}
const say = (value: unknown): string => (typeof value === 'string' ? value : '');
const labels = ['command', 'path', 'message', 'reason', 'label'] as const;
const OUTCOME_WIDTH = 8;
const TYPE_WIDTH = 13;

/** `ok      patch        src/a.ts · 2 hunks`; what is no record stays as it is. */
const actionLine = (line: string): string => {
  try {
    const { action = {}, outcome, detail } = JSON.parse(line) as ActionRecord;
    const label = labels.map((name) => say(action[name])).find((text) => text !== '') ?? '';
    const said = say(detail) === '' ? '' : ` · ${singleLine(say(detail), 500)}`;
    return `${say(outcome).padEnd(OUTCOME_WIDTH)}${say(action['type']).padEnd(TYPE_WIDTH - 1)} ${singleLine(label, 1_000)}${said}`;
  } catch {
    return line;
  }
};

const actionsOf = (text: string): Lines => {
  const lines = text.split('\n').filter((line) => line !== '');
  // The text of a whole file may stand in one line: it is read once.
  const made = new Map<number, string>();
  return {
    count: lines.length,
    line: (i) => {
      const known = made.get(i) ?? actionLine(lines[i]!);
      made.set(i, known);
      return known;
    },
  };
};

const readers: Readonly<Record<Part, (text: string) => Lines>> = {
  'prompt.md': remember(linesOf),
  'response.json': remember((text) => linesOf(pretty(text))),
  'actions.jsonl': remember(actionsOf),
  'git_diff.patch': remember(linesOf),
  'test_output.txt': remember(linesOf),
  'metrics.json': remember((text) => linesOf(pretty(text))),
  'pr_state.json': remember((text) => linesOf(pretty(text))),
  'done.json': remember((text) => linesOf(pretty(text))),
};

/** A part's lines as they are shown, not yet safe for a terminal. */
export const partLines = (part: Part, text: string): Lines => readers[part](text);

const patchLook = (line: string, theme: Theme): Look | undefined => {
  if (/^(?:diff |\+\+\+ |--- )/.test(line)) return theme.title;
  if (line.startsWith('@@')) return theme.accent;
  if (line.startsWith('+')) return theme.added;
  return line.startsWith('-') ? theme.removed : undefined;
};

const lookOf = (part: Part, line: string, theme: Theme): Look | undefined => {
  if (part === 'git_diff.patch') return patchLook(line, theme);
  if (part === 'prompt.md') return /^#{1,6} /.test(line) ? theme.title : undefined;
  if (part === 'test_output.txt') return line.startsWith('$ ') ? theme.title : undefined;
  if (part !== 'actions.jsonl') return undefined;
  return /^(?:failed|refused) /.test(line) ? theme.tones.bad : undefined;
};

/** A part for the screen. */
export const partText = (
  part: Part,
  text: string,
  drawn: { readonly theme: Theme; readonly finder?: RegExp | undefined },
): LongText => {
  const { theme, finder } = drawn;
  const { count, line } = partLines(part, text);
  return {
    count,
    line: (i) => {
      const shown = cleanLine(line(i));
      const look = lookOf(part, shown, theme);
      const span: Span = { text: shown, ...(look && { look }) };
      return { body: withMatches([span], finder, matchLook(theme)) };
    },
  };
};
