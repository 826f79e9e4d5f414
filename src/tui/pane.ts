import type { ReactElement } from 'react';
import type { RunInfo } from '../commands/app.ts';
import type { PaneAction, RunTab } from '../commands/screen-action.ts';
import type { LogBuffer } from './log-buffer.ts';
import type { Theme } from './theme.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}
/** What a pane knows. Everything comes from outside: a pane reads no file and no clock. */
export interface PaneFacts {
  readonly run: RunInfo;
  readonly log: LogBuffer;
  /**
   * A path below `.ralph/`, or one of `@task` (the task file), `@iterations` (names, a line each), `@parts/N` (files of
   * iteration N, a line each), `@current-diff`, `@sandbox` and `@lint` (JSON), which take their time. Undefined when
   * there is none (yet).
   */
  file(path: string): string | undefined;
  readonly size: Size;
  /** Milliseconds since the epoch, of this tick. */
  readonly now: number;
  /** What was asked of this run and is not acknowledged yet, as in `pausing…`. */
  readonly pending: readonly string[];
}
export interface PaneProps<S> {
  readonly state: S;
  readonly facts: PaneFacts;
  readonly theme: Theme;
}
/** One tab of the run screen: a pure reducer and a view. */
export interface Pane<S> {
  readonly tab: RunTab;
  readonly title: string;
  readonly initial: S;
  reduce(state: S, action: PaneAction, facts: PaneFacts): S;
  readonly View: (props: PaneProps<S>) => ReactElement;
  /** The text that `y` copies: what is under the cursor, or what is seen. */
  copy?(state: S, facts: PaneFacts): string;
  /** The text that export writes, and a name for its file. */
  export?(state: S, facts: PaneFacts): { readonly name: string; readonly text: string };
  /** As `export`, for what is larger than memory: written part by part. */
  exportParts?(state: S, facts: PaneFacts): { readonly name: string; readonly parts: Iterable<string> };
  /** Before an action is reduced: brings the part of the log into memory that it is about. */
  prepare?(state: S, action: PaneAction, facts: PaneFacts): void;
  /** The line of the log from which on one reads; undefined while its end is followed. */
  holds?(state: S): number | undefined;
  /** True while `n` and `N` step through what was found. */
  isSearching?(state: S): boolean;
}
/** A pane that forgot its state's type, so that all of them share a list. */
export type AnyPane = Pane<unknown>;
export const definePane = <S>(pane: Pane<S>): AnyPane => pane as unknown as AnyPane;
