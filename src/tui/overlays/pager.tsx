import { timeOf } from '../../domain/entry-text.ts';
import { safe } from '../views/fleet-columns.ts';
import { wrapColumns } from '../fit.ts';
import type { Keypress } from '../keys.ts';
import type { OverlayStep } from '../overlay.ts';
import type { CommandOutput } from '../outputs.ts';
import type { Size } from '../pane.ts';
import { moveTop } from '../scroll.ts';
import { toastMarks } from '../toasts.ts';
import type { Toast } from '../ui-state.ts';
import { boxSize, CentredBox } from '../widgets/box.tsx';
import type { Span } from '../widgets/line.tsx';
import { pagerSteps, stepOf } from './list-keys.ts';
import { defineOverlay } from './open-box.ts';

/** A line of the pager. */
export interface PagerLine {
  readonly text: string;
  readonly tone: Toast['tone'];
  readonly isHead: boolean;
}
export interface PagerState {
  readonly lines: readonly PagerLine[];
  /** Undefined shows the end. */
  readonly top: number | undefined;
  readonly wrap: boolean;
}
/** What the pager wishes: that a text goes to the clipboard. */
export interface CopyWish {
  readonly copy: string;
}
const WIDTH = 200;

const linesOf = ({ at, title, tone, lines }: CommandOutput): readonly PagerLine[] => {
  const time = timeOf(new Date(at).toISOString());
  const plain = lines.map((text) => ({ text: text.replaceAll('\t', '    '), tone, isHead: false }));
  if (title === '') {
    const [first, ...rest] = plain;
    return [{ text: `${time}  ${toastMarks[tone]} ${first?.text ?? ''}`, tone, isHead: false }, ...rest];
  }
  const head = { text: `${time}  ${toastMarks[tone]} ${safe(title, 200)}`, tone, isHead: true };
  return [head, ...plain.map((line) => ({ ...line, tone: 'plain' as const }))];
};

/** All outputs at their end, or at the beginning of the newest when that is what one wants to read. */
export const beginPager = (outputs: readonly CommandOutput[], from: 'end' | 'newest' = 'end'): PagerState => {
  const before = outputs.slice(0, -1).flatMap(linesOf);
  const newest = outputs.slice(-1).flatMap(linesOf);
  return {
    lines: [...before, ...newest],
    top: from === 'newest' ? before.length : undefined,
    wrap: false,
  };
};

const shownLines = ({ lines, wrap }: PagerState, width: number): readonly PagerLine[] =>
  wrap ? lines.flatMap((line) => wrapColumns(line.text, width).map((text) => ({ ...line, text }))) : lines;

const topOf = (state: PagerState, total: number, page: number): number => {
  const last = Math.max(0, total - page);
  return Math.min(state.top ?? last, last);
};

/** A key in the pager: scrolls, wraps, copies. */
export const pressPager = (state: PagerState, key: Keypress, size: Size): OverlayStep<PagerState> => {
  const { width, height } = boxSize(size, WIDTH);
  if (['esc', 'q', '!', 'ctrl+c'].includes(key.chord)) return { close: undefined };
  if (key.chord === 'w') return { state: { ...state, wrap: !state.wrap, top: undefined } };
  if (key.chord === 'y') {
    const copy: CopyWish = { copy: state.lines.map((line) => line.text).join('\n') };
    return { state, ...(state.lines.length > 0 && { wish: copy }) };
  }
  const step = stepOf(pagerSteps, key.chord);
  if (step === undefined) return { state };
  const total = shownLines(state, width - 2).length;
  const top = moveTop(topOf(state, total, height), step, { total, page: height });
  return { state: { ...state, top } };
};

/** What commands have said; closes with undefined, wishes to copy. State: from `beginPager`. */
export const pagerOverlay = defineOverlay<PagerState>({
  name: 'output',
  press: pressPager,
  View: ({ state, theme, size }) => {
    const { width, height } = boxSize(size, WIDTH);
    const lines = shownLines(state, width - 2);
    const top = topOf(state, lines.length, height);
    const shown = lines.slice(top, top + height);
    const place = lines.length > height ? `   ${top + 1}–${top + shown.length} of ${lines.length}` : '';
    const empty: Span[] = [{ text: ' No command has said anything yet. : runs one.', look: theme.tones.dim }];
    return (
      <CentredBox
        title={`Output${place}`}
        lines={
          shown.length === 0
            ? [empty]
            : shown.map(({ text, tone, isHead }): Span[] => [
                { text: ` ${text}`, look: isHead ? theme.title : theme.tones[tone] },
              ])
        }
        keys="j k g G scroll   w wrap   y copy all   esc leave"
        theme={theme}
        size={size}
        width={WIDTH}
      />
    );
  },
});
