import { markInvisible, singleLine } from '../domain/terminal.ts';
import { cut, wrapColumns } from './fit.ts';
import type { Toast } from './ui-state.ts';

const SHORT_MS = 4_000;
const LONG_MS = 10_000;
const MOST = 4;

export const withToast = (
  toasts: readonly Toast[],
  toast: Pick<Toast, 'text' | 'tone'>,
  now: number,
): readonly Toast[] => {
  const id = (toasts.at(-1)?.id ?? 0) + 1;
  const until = now + (toast.tone === 'bad' || toast.tone === 'warn' ? LONG_MS : SHORT_MS);
  return [...toasts.filter((one) => one.text !== toast.text), { ...toast, id, until }].slice(-MOST);
};

export const withoutOld = (toasts: readonly Toast[], now: number): readonly Toast[] =>
  toasts.some((toast) => toast.until <= now) ? toasts.filter((toast) => toast.until > now) : toasts;

/** The tone is told by a mark too. */
export const toastMarks: Readonly<Record<Toast['tone'], string>> = {
  plain: '·',
  good: '✓',
  warn: '!',
  bad: '✗',
};

export interface ToastLine {
  readonly text: string;
  readonly tone: Toast['tone'];
}
const LONGEST = 2_000;
const LINES_EACH = 2;
/** Lines that they may take from what they are about. */
const LINES = 4;

/** The newest messages as lines with their marks, the newest last; a long one goes on in a second line. */
export const toastLines = (toasts: readonly Toast[], width: number): readonly ToastLine[] =>
  toasts
    .flatMap(({ text, tone }) => {
      const room = width - 4;
      const lines = wrapColumns(markInvisible(singleLine(text, LONGEST)), room);
      const kept = lines.slice(0, LINES_EACH);
      const last = lines.length > LINES_EACH ? cut(`${kept.at(-1)} …more: !`, room) : kept.at(-1)!;
      return [...kept.slice(0, -1), last].map((line, i) => ({
        text: `${i === 0 ? toastMarks[tone] : ' '} ${line}`,
        tone,
      }));
    })
    .slice(-LINES);
