import { Box } from 'ink';
import type { ReactElement } from 'react';
import { runTabs, type RunTab } from '../../commands/screen-action.ts';
import type { AnyPane } from '../pane.ts';
import { paneSize } from '../layout.ts';
import type { Frame } from '../screen-types.ts';
import { Line, Rule, type Span } from '../widgets/line.tsx';
import { widthOf } from '../fit.ts';
import { safe } from './fleet-columns.ts';

type Panes = Readonly<Record<RunTab, AnyPane>>;

const titles = (panes: Panes, width: number): readonly string[] => {
  const full = runTabs.map((tab, i) => ` ${i + 1} ${panes[tab].title} `);
  // Where it is narrow, only the numbers stay, and the open tab's name.
  return full.reduce((sum, title) => sum + widthOf(title), 0) <= width
    ? full
    : runTabs.map((_, i) => ` ${i + 1} `);
};

const Tabs = ({ frame, panes }: { readonly frame: Frame; readonly panes: Panes }): ReactElement => {
  const { ui, theme, size } = frame;
  const run = ui.cursor === undefined ? undefined : frame.run(ui.cursor);
  const head = run ? ` ‹ ${safe(run.id, 24)}  ${safe(run.state.task, 30)}` : ' ‹ ';
  const names = titles(panes, size.width - widthOf(head) - 2);
  const isShort = names.every((name) => name.length <= 4);
  const tabs: Span[] = runTabs.map((tab, i) => ({
    text: tab === ui.tab && isShort ? ` ${i + 1} ${panes[tab].title} ` : names[i]!,
    look: tab === ui.tab ? { ...theme.accent, inverse: true } : theme.tones.dim,
  }));
  const used = tabs.reduce((sum, one) => sum + widthOf(one.text), widthOf(head));
  return (
    <Line
      width={size.width}
      spans={[
        { text: head, look: theme.title },
        { text: ' '.repeat(Math.max(2, size.width - used)) },
        ...tabs,
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
