import type { Keypress } from './keys.ts';
import type { Screen } from './screen-types.ts';

const isTyping = ({ ui }: ReturnType<Screen['frame']>): boolean =>
  ui.field !== undefined || ui.overlays.length > 0;

/**
 * Keys that arrive at once, one after the other: a key may open a field or a box a moment later, and the next one is
 * meant for that. `/px` must never pause and stop a run. Text into what is open goes in as one.
 */
export const createKeyQueue = (
  screen: Pick<Screen, 'press' | 'frame'>,
): ((keys: readonly Keypress[]) => void) => {
  const waiting: Keypress[] = [];
  let isBusy = false;
  const next = (): void => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      const isText = key.text !== '' && isTyping(screen.frame());
      screen.press(key);
      if (isText) continue;
      setImmediate(next);
      return;
    }
    isBusy = false;
  };
  return (keys) => {
    waiting.push(...keys);
    if (isBusy) return;
    isBusy = true;
    next();
  };
};
