import { Box, useInput } from 'ink';
import { useSyncExternalStore, type ReactElement } from 'react';
import type { RunTab } from '../commands/screen-action.ts';
import { keypressesOf } from './keys.ts';
import { isTooSmall } from './layout.ts';
import type { AnyPane } from './pane.ts';
import type { Frame, Screen } from './screen-types.ts';
import { FleetView } from './views/fleet.tsx';
import { Footer } from './views/footer.tsx';
import { RunView } from './views/run.tsx';
import { Line } from './widgets/line.tsx';

type Panes = Readonly<Record<RunTab, AnyPane>>;

const Body = ({ frame, panes }: { readonly frame: Frame; readonly panes: Panes }): ReactElement => {
  const top = frame.ui.overlays.at(-1);
  if (top !== undefined) return <top.overlay.View state={top.state} theme={frame.theme} size={frame.size} />;
  return frame.ui.screen === 'fleet' ? <FleetView frame={frame} /> : <RunView frame={frame} panes={panes} />;
};

/** Draws frames and hands on keys; knows nothing else. */
export const App = ({ screen, panes }: { readonly screen: Screen; readonly panes: Panes }): ReactElement => {
  const frame = useSyncExternalStore(screen.subscribe, screen.frame);
  useInput((input, key) => {
    for (const press of keypressesOf(input, key)) screen.press(press);
  });
  const { size } = frame;
  if (isTooSmall(size)) {
    return (
      <Line
        width={size.width}
        spans={[{ text: `ralph needs 60×15, this is ${size.width}×${size.height}` }]}
      />
    );
  }
  return (
    <Box flexDirection="column" width={size.width} height={size.height}>
      <Body frame={frame} panes={panes} />
      <Footer frame={frame} />
    </Box>
  );
};
