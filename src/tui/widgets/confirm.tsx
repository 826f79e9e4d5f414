import type { AnyOverlay, Overlay } from '../overlay.ts';
import { wrapColumns } from '../fit.ts';
import { safe } from '../views/fleet-columns.ts';
import { boxSize, CentredBox } from './box.tsx';
import type { Span } from './line.tsx';

interface State {
  readonly question: string;
  /** The runs that are meant, a line each; shown when they are several. */
  readonly runs?: readonly string[];
}
const WIDTH = 64;
const LONGEST = 1_000;

/** As many as fit, and how many more there are. */
export const someOf = (lines: readonly string[], room: number): readonly string[] =>
  lines.length <= room
    ? lines
    : [...lines.slice(0, Math.max(0, room - 1)), `and ${lines.length - Math.max(0, room - 1)} more`];

const overlay: Overlay<State> = {
  name: 'confirm',
  press: (state, { chord }) => {
    if (chord === 'y' || chord === 'Y') return { close: true };
    // Enter is no: it is pressed by mistake most easily.
    return ['n', 'N', 'esc', 'enter', 'q', 'ctrl+c'].includes(chord) ? { close: false } : { state };
  },
  View: ({ state, theme, size }) => {
    const { width, height } = boxSize(size, WIDTH);
    const question = wrapColumns(safe(state.question, LONGEST), width - 2).map((text): Span[] => [
      { text: ` ${text}` },
    ]);
    const { runs = [] } = state;
    const listed = runs.length > 1 ? someOf(runs, height - question.length - 1) : [];
    const lines = [
      ...question,
      ...(listed.length > 0 ? [[]] : []),
      ...listed.map((text): Span[] => [{ text: `   ${text}`, look: theme.tones.dim }]),
    ];
    return (
      <CentredBox
        title="Are you sure?"
        lines={lines}
        keys="y yes   n no"
        theme={theme}
        size={size}
        width={WIDTH}
      />
    );
  },
};
/** Asks a question; closes with true or false. State: `{ question, runs }`. */
export const confirmOverlay = overlay as unknown as AnyOverlay;
