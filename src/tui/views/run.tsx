import { Box } from 'ink';
import type { ReactElement } from 'react';
import type { RunTab } from '../../commands/screen-action.ts';
import type { AnyPane } from '../pane.ts';
import { paneSize } from '../layout.ts';
import type { Frame } from '../screen-types.ts';
import { tabLine } from '../tab-line.ts';
import { Line, Rule } from '../widgets/line.tsx';

type Panes = Readonly<Record<RunTab, AnyPane>>;

const Tabs = ({ frame, panes }: { readonly frame: Frame; readonly panes: Panes }): ReactElement => {
  const { ui, theme, size } = frame;
  const { head, gap, tabs } = tabLine(frame, panes);
  return (
    <Line
      width={size.width}
      spans={[
        { text: head, look: theme.title },
        { text: ' '.repeat(gap) },
        ...tabs.map(({ tab, text }) => ({
          text,
          look: tab === ui.tab ? { ...theme.accent, inverse: true as const } : theme.tones.dim,
        })),
      ]}
    />
  );
};

/** One run: its tabs, and the open one. */
export const RunView = ({ frame, panes }: { readonly frame: Frame; readonly panes: Panes }): ReactElement => {
  const { ui, theme, size } = frame;
  const facts = frame.pane();
  const pane = panes[ui.tab];
  const { View } = pane;
  const { height } = paneSize(size);
  return (
    <Box flexDirection="column" height={size.height - 1}>
      <Tabs frame={frame} panes={panes} />
      <Rule width={size.width} look={theme.tones.dim} />
      <Box flexDirection="column" height={height} overflow="hidden">
        {facts ? (
          <View state={ui.panes[ui.tab] ?? pane.initial} facts={facts} theme={theme} />
        ) : (
          <Line width={size.width} spans={[{ text: '  This run is not there any more. Esc goes back.' }]} />
        )}
      </Box>
      <Rule width={size.width} look={theme.tones.dim} />
    </Box>
  );
};
