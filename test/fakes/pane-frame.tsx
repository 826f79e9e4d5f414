import { Box } from 'ink';
import { render } from 'ink-testing-library';
import type { RunInfo } from '../../src/commands/app.ts';
import type { PaneAction } from '../../src/commands/screen-action.ts';
import type { AnyPane, PaneFacts } from '../../src/tui/pane.ts';
import { themeOf } from '../../src/tui/theme.ts';
import { createLogBuffer } from '../../src/tui/log-buffer.ts';

export interface PanePlan {
  readonly run: RunInfo;
  readonly width: number;
  readonly height?: number;
  /** Texts that the pane may ask for, by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly pending?: readonly string[];
}
/** What a pane would know. */
export const paneFacts = ({ run, width, height = 24, files = {}, pending = [] }: PanePlan): PaneFacts => ({
  run,
  log: createLogBuffer([], 0),
  file: (path) => files[path],
  size: { width, height },
  now: Date.parse('2026-03-01T12:05:00.000Z'),
  pending,
});

/** A tab as it is drawn without colours, a line each, without the spaces at their ends. */
export const paneFrame = (pane: AnyPane, facts: PaneFacts, state: unknown = pane.initial): string => {
  process.env['COLUMNS'] = '300';
  process.env['LINES'] = '100';
  const { lastFrame, unmount } = render(
    <Box width={facts.size.width} flexDirection="column">
      <pane.View state={state} facts={facts} theme={themeOf('none')} />
    </Box>,
  );
  const lines = (lastFrame() ?? '').split('\n').map((line) => line.trimEnd());
  unmount();
  return lines.join('\n').trimEnd();
};

/** The tab as it is drawn after these steps. */
export const frameAfter = (pane: AnyPane, facts: PaneFacts, ...actions: readonly PaneAction[]): string =>
  paneFrame(
    pane,
    facts,
    actions.reduce((state, action) => pane.reduce(state, action, facts), pane.initial),
  );
