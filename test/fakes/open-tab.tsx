import { Box } from 'ink';
import { render } from 'ink-testing-library';
import { createElement } from 'react';
import type { RunInfo } from '../../src/commands/app.ts';
import type { UiControl } from '../../src/commands/define.ts';
import type { PaneAction, ScreenAction } from '../../src/commands/screen-action.ts';
import { screenCommands } from '../../src/commands/screen.ts';
import { createKeymap } from '../../src/tui/keys.ts';
import { createLogBuffer } from '../../src/tui/log-buffer.ts';
import type { AnyPane, PaneFacts, Size } from '../../src/tui/pane.ts';
import { themeOf } from '../../src/tui/theme.ts';

/** One tab of the run screen without the screen: takes keys, gives frames. */
export interface OpenTab<S> {
  /** The pane's state. */
  readonly state: S;
  readonly facts: PaneFacts;
  /** A key, by what the registry says of it there; throws when no command has it. */
  press(...chords: readonly string[]): void;
  act(action: PaneAction): void;
  /** The lines that are drawn, without the spaces at their ends. */
  frame(): string;
  /** Another text for a path. */
  put(path: string, text: string | undefined): void;
}

export const openTab = <S,>(
  pane: AnyPane,
  at: {
    readonly run: RunInfo;
    readonly files: Readonly<Record<string, string>>;
    /** Of the pane, not of the screen. */
    readonly size: Size;
  },
): OpenTab<S> => {
  const files = new Map<string, string | undefined>(Object.entries(at.files));
  const keymap = createKeymap(screenCommands, {});
  const facts: PaneFacts = {
    run: at.run,
    log: createLogBuffer([], 0),
    file: (path) => files.get(path),
    size: at.size,
    now: Date.parse('2026-03-01T14:00:00.000Z'),
    pending: [],
  };
  let state: unknown = pane.initial;
  const act = (action: ScreenAction): void => {
    state = pane.reduce(state, action as PaneAction, facts);
  };
  const ui: UiControl = { readOnly: false, targets: [at.run], tab: pane.tab, isSearching: true, act };
  return {
    get state() {
      return state as S;
    },
    facts,
    press: (...chords) => {
      for (const chord of chords) {
        const [command] = keymap.find([pane.tab, 'run', 'everywhere'], chord);
        if (command === undefined) throw new Error(`no command has the key ${chord}`);
        void command.run({ ui } as never, {});
      }
    },
    act,
    frame: () => {
      const { View } = pane;
      const { lastFrame, unmount } = render(
        <Box width={at.size.width} flexDirection="column">
          {createElement(View, { state, facts, theme: themeOf('none') })}
        </Box>,
      );
      const lines = (lastFrame() ?? '').split('\n').map((line) => line.trimEnd());
      unmount();
      return lines.join('\n');
    },
    put: (path, text) => files.set(path, text),
  };
};
