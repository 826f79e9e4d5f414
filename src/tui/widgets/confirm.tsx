import type { AnyOverlay, Overlay } from '../overlay.ts';
import { wrapColumns } from '../fit.ts';
import { CentredBox } from './box.tsx';

interface State {
  readonly question: string;
}
const WIDTH = 60;

const overlay: Overlay<State> = {
  name: 'confirm',
  press: (state, { chord }) => {
    if (chord === 'y' || chord === 'Y') return { close: true };
    // Enter is no: it is pressed by mistake most easily.
    return ['n', 'N', 'esc', 'enter', 'q', 'ctrl+c'].includes(chord) ? { close: false } : { state };
  },
  View: ({ state, theme, size }) => (
    <CentredBox
      title="Are you sure?"
      lines={wrapColumns(state.question, Math.min(WIDTH, size.width - 6)).map((text) => [
        { text: ` ${text}` },
      ])}
      keys="y yes   n no"
      theme={theme}
      size={size}
      width={WIDTH}
    />
  ),
};
/** Asks a question; closes with true or false. State: `{ question }`. */
export const confirmOverlay = overlay as unknown as AnyOverlay;
