import type { AnyOverlay, Overlay } from '../overlay.ts';
import type { Screen } from '../screen-types.ts';

/** A box that forgot its state's type, so that all of them share a stack. */
export const defineOverlay = <S>(overlay: Overlay<S>): AnyOverlay => overlay as unknown as AnyOverlay;

/** Changes the state of an open box from outside: what it wished for has come. Nothing where it is closed. */
export const changeBox = <S>(screen: Screen, overlay: AnyOverlay, change: (state: S) => S): void =>
  screen.update((ui) => ({
    ...ui,
    overlays: ui.overlays.map((open) =>
      open.overlay === overlay ? { ...open, state: change(open.state as S) } : open,
    ),
  }));

/** Closes an open box from outside, wherever it lies in the stack. */
export const closeBox = (screen: Screen, overlay: AnyOverlay, result: unknown): void => {
  const found = screen.frame().ui.overlays.filter((open) => open.overlay === overlay);
  screen.update((ui) => ({ ...ui, overlays: ui.overlays.filter((open) => open.overlay !== overlay) }));
  for (const open of found) open.resolve(result);
};
