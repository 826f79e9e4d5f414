import { scanBoxes } from '../../domain/spec/checkboxes.ts';
import type { Finding } from '../../domain/spec/finding.ts';
import type { RunState } from '../../domain/run-state.ts';
import { sliceColumns, wrapColumns } from '../fit.ts';
import { safeLines, type DocLine, type DocTone } from './document.tsx';

/** A line of the task file as it is drawn; a long one is several. */
export interface SpecRow {
  /** In the file, from 1. */
  readonly line: number;
  readonly spans: DocLine;
}
/** What the linter says of the file, as `@lint` gives it. */
export interface LintReport {
  readonly findings: readonly Finding[];
  /** The profile that the ladder may fall back to. */
  readonly fallback?: string;
  /** Not there while the file does not lint. */
  readonly testCommand?: string;
  readonly verifyCommands?: readonly string[];
}

/** Undefined while it is not there, or where it is none. */
export const readLint = (text: string | undefined): LintReport | undefined => {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<LintReport> | null;
    return Array.isArray(value?.findings) ? (value as LintReport) : undefined;
  } catch {
    return undefined;
  }
};

interface Mark {
  readonly mark: string;
  readonly tone: DocTone;
}
const NOTHING: Mark = { mark: ' ', tone: 'plain' };

/** A box by what the runner has verified, not by the tick in the text: anybody can write that. */
const markOf = (box: { readonly checked: boolean }, verified: boolean): Mark => {
  if (verified) return { mark: '✓', tone: 'good' };
  return box.checked ? { mark: '?', tone: 'warn' } : { mark: '·', tone: 'plain' };
};

const marksOf = (text: string, boxes: RunState['boxes']): ReadonlyMap<number, Mark> => {
  const scan = scanBoxes(text);
  const marks = new Map<number, Mark>([...scan.ownLines].map((line) => [line, { mark: ' ', tone: 'dim' }]));
  for (const box of scan.boxes) marks.set(box.line, markOf(box, boxes[box.id]?.checked === true));
  return marks;
};

const toneOf = (text: string, mark: Mark): DocTone => {
  if (mark !== NOTHING) return mark.tone;
  return /^#{1,6} /.test(text) ? 'title' : 'plain';
};

/** The task file with line numbers, its boxes marked and coloured by their verified state. */
export const specRows = (
  text: string,
  view: {
    readonly boxes: RunState['boxes'];
    readonly findings: readonly Finding[];
    readonly width: number;
    readonly wrap: boolean;
  },
): readonly SpecRow[] => {
  const marks = marksOf(text, view.boxes);
  const levels = new Map(view.findings.map(({ line, level }) => [line, level]));
  const lines = safeLines(text);
  const digits = Math.max(2, String(lines.length).length);
  const room = Math.max(8, view.width - digits - 4);
  return lines.flatMap((raw, i): readonly SpecRow[] => {
    const line = i + 1;
    const mark = marks.get(line) ?? NOTHING;
    const level = levels.get(line);
    const parts = view.wrap ? wrapColumns(raw, room) : [sliceColumns(raw, 0, room)];
    return parts.map((part, p) => ({
      line,
      spans: [
        {
          text: p === 0 ? `${String(line).padStart(digits)}` : ' '.repeat(digits),
          tone: level === 'error' ? 'bad' : level === 'warning' ? 'warn' : 'dim',
        },
        { text: p === 0 ? ` ${mark.mark} ` : '   ', tone: mark.tone },
        { text: part, tone: toneOf(raw, mark) },
      ],
    }));
  });
};
