import type { Choice } from '../../commands/define.ts';
import type { AnyOverlay, Overlay } from '../overlay.ts';
import { wrapWords } from '../wrap-words.ts';
import { boxSize, CentredBox } from './box.tsx';
import type { Span } from './line.tsx';

interface State {
  readonly choice: Choice;
}
const WIDTH = 96;

const overlay: Overlay<State> = {
  name: 'choose',
  press: (state, { chord }) => {
    if (chord === 'esc' || chord === 'ctrl+c') return { close: undefined };
    const found = state.choice.answers.find(({ key }) => key === chord);
    return found ? { close: found.key } : { state };
  },
  View: ({ state, theme, size }) => {
    const { title, lines, answers } = state.choice;
    const { width, height } = boxSize(size, WIDTH);
    const wrapped = lines.flatMap((line) => {
      const indent = /^ */.exec(line)![0];
      return wrapWords(line.slice(indent.length), width - 2 - indent.length).map((text) => indent + text);
    });
    // What is said last names the file: it is never what gives way.
    const room = Math.max(2, height - 2);
    const shown =
      wrapped.length <= room ? wrapped : [...wrapped.slice(0, room - 2), '…', ...wrapped.slice(-1)];
    return (
      <CentredBox
        title={title}
        lines={[[], ...shown.map((text): readonly Span[] => [{ text: ` ${text}` }]), []]}
        keys={answers.map(({ key, text }) => `${key} ${text}`).join('   ')}
        theme={theme}
        size={size}
        width={WIDTH}
      />
    );
  },
};
/** Asks for one of a few answers; closes with its key, or with undefined. State: `{ choice }`. */
export const chooseOverlay = overlay as unknown as AnyOverlay;
