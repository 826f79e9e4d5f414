import { Box } from 'ink';
import { render } from 'ink-testing-library';
import { createElement } from 'react';
import type { UiControl } from '../../src/commands/define.ts';
import type { PaneAction, ScreenAction } from '../../src/commands/screen-action.ts';
import { screenCommands } from '../../src/commands/screen.ts';
import { blankRun } from '../../src/domain/run-state.ts';
import { createKeymap } from '../../src/tui/keys.ts';
import type { LogBuffer } from '../../src/tui/log-buffer.ts';
import type { PaneFacts, Size } from '../../src/tui/pane.ts';
import { themeOf } from '../../src/tui/theme.ts';
import type { LogsState } from '../../src/tui/views/log-state.ts';
import { logsPane } from '../../src/tui/views/logs.tsx';

/** The log's tab without the screen: takes keys by the registry, and gives frames. */
export interface LogTab {
  readonly state: LogsState;
  readonly facts: PaneFacts;
  press(...chords: readonly string[]): void;
  search(text: string): void;
  jump(iteration: number): void;
  /** The lines that are drawn, without the spaces at their ends. */
  lines(): readonly string[];
  /** The status line. */
  status(): string;
  /** What `y` copies. */
  copy(): string;
}

export const openLogTab = (log: LogBuffer, size: Size): LogTab => {
  process.env['COLUMNS'] = '300';
  process.env['LINES'] = '100';
  const keymap = createKeymap(screenCommands, {});
  const run = { id: 'run-1', dir: '/runs/run-1', state: blankRun('run-1'), orphaned: false };
  const factsNow = (): PaneFacts => ({ run, log, file: () => undefined, size, now: 0, pending: [] });
  let state = logsPane.initial;
  // As the screen does: what is needed, the step, then what is held.
  const act = (action: ScreenAction): void => {
    logsPane.prepare?.(state, action as PaneAction, factsNow());
    state = logsPane.reduce(state, action as PaneAction, factsNow());
    log.hold(logsPane.holds?.(state));
  };
  const lines = (): readonly string[] => {
    const { lastFrame, unmount } = render(
      <Box width={size.width} flexDirection="column">
        {createElement(logsPane.View, { state, facts: factsNow(), theme: themeOf('none') })}
      </Box>,
    );
    const drawn = (lastFrame() ?? '').split('\n').map((line) => line.trimEnd());
    unmount();
    return drawn;
  };
  return {
    get state() {
      return state as LogsState;
    },
    get facts() {
      return factsNow();
    },
    press: (...chords) => {
      for (const chord of chords) {
        const isSearching = logsPane.isSearching?.(state) ?? false;
        const ui: UiControl = { readOnly: false, targets: [run], tab: 'logs', isSearching, act };
        const command = keymap
          .find(['logs', 'run', 'everywhere'], chord)
          .find((one) => one.disabledReason?.({ ui } as never) === undefined);
        if (command === undefined) throw new Error(`no command has the key ${chord}`);
        void command.run({ ui } as never, {});
      }
    },
    search: (text) => act({ kind: 'search', text }),
    jump: (iteration) => act({ kind: 'jump', iteration }),
    lines,
    status: () => lines().at(-1) ?? '',
    copy: () => logsPane.copy?.(state, factsNow()) ?? '',
  };
};
