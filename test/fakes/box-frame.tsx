import { Box } from 'ink';
import { render } from 'ink-testing-library';
import type { AnyOverlay } from '../../src/tui/overlay.ts';
import type { Keypress } from '../../src/tui/keys.ts';
import type { Size } from '../../src/tui/pane.ts';
import { themeOf } from '../../src/tui/theme.ts';

/** A box as it is drawn without colours; lines without the spaces at their ends, empty ones around it left out. */
export const boxFrame = (overlay: AnyOverlay, state: unknown, size: Size): string => {
  process.env['COLUMNS'] = '300';
  process.env['LINES'] = '100';
  const { lastFrame, unmount } = render(
    <Box width={size.width} height={size.height}>
      <overlay.View state={state} theme={themeOf('none')} size={size} />
    </Box>,
  );
  const lines = (lastFrame() ?? '').split('\n').map((line) => line.trimEnd());
  unmount();
  return lines.filter((line) => line !== '').join('\n');
};

/** `enter`, `ctrl+s` and the like as they are; any other text is typed. */
const NAMED = /^(?:(?:ctrl|shift)\+.+|enter|esc|tab|up|down|left|right|pgup|pgdn|home|end|backspace|space)$/;

export const keypresses = (...keys: readonly string[]): readonly Keypress[] =>
  keys.flatMap((key) => {
    if (NAMED.test(key)) return [{ chord: key, text: key === 'space' ? ' ' : '' }];
    return Array.from(key).map((char) => ({ chord: char === ' ' ? 'space' : char, text: char }));
  });

export interface Pressed<S> {
  readonly state: S;
  readonly wishes: readonly unknown[];
  /** Undefined while it is open. */
  readonly closed: { readonly result: unknown } | undefined;
}
/** A box after these keys; those after its end go nowhere. */
export const pressBox = <S,>(
  overlay: AnyOverlay,
  begin: S,
  at: { readonly size?: Size; readonly keys: readonly string[] },
): Pressed<S> => {
  let state: unknown = begin;
  const wishes: unknown[] = [];
  for (const press of keypresses(...at.keys)) {
    const step = overlay.press(state, press, at.size ?? { width: 80, height: 24 });
    if ('close' in step) return { state: state as S, wishes, closed: { result: step.close } };
    ({ state } = step);
    if (step.wish !== undefined) wishes.push(step.wish);
  }
  return { state: state as S, wishes, closed: undefined };
};
