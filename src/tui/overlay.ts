import type { ReactElement } from 'react';
import type { Keypress } from './keys.ts';
import type { Size } from './pane.ts';
import type { Theme } from './theme.ts';

export interface OverlayProps<S> {
  readonly state: S;
  readonly theme: Theme;
  /** Of the whole screen. */
  readonly size: Size;
}
/**
 * What a key did to an overlay: another state, or the end of it with a result (undefined when it was left). A wish is
 * what it wants from outside while it stays open: a file, a list, a box on top of it.
 */
export type OverlayStep<S> = { readonly state: S; readonly wish?: unknown } | { readonly close: unknown };

/** A box over the dimmed screen that takes every key until it closes: pure, as a pane. */
export interface Overlay<S> {
  readonly name: string;
  press(state: S, key: Keypress, size: Size): OverlayStep<S>;
  readonly View: (props: OverlayProps<S>) => ReactElement;
}
export type AnyOverlay = Overlay<unknown>;
export interface OpenOverlay {
  readonly overlay: AnyOverlay;
  readonly state: unknown;
  readonly resolve: (result: unknown) => void;
  readonly onWish?: (wish: unknown) => void;
}
