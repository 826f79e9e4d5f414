import { Box, useInput, usePaste } from 'ink';
import { useState, useSyncExternalStore, type ReactElement } from 'react';
import type { RunTab } from '../commands/screen-action.ts';
import { createKeyQueue } from './key-queue.ts';
import { keypressesOf, pasted } from './keys.ts';
import { isTooSmall } from './layout.ts';
import type { AnyPane } from './pane.ts';
import type { ScreenSource } from './screen-source.ts';
import type { Frame } from './screen-types.ts';
import { FleetView } from './views/fleet.tsx';
import { Footer } from './views/footer.tsx';
import { RunView } from './views/run.tsx';
import { Dimmed } from './widgets/dimmed.ts';
import { Line } from './widgets/line.tsx';
import { Overlays } from './widgets/overlays.tsx';

type Panes = Readonly<Record<RunTab, AnyPane>>;

const Body = (props: { readonly frame: Frame; readonly panes: Panes | undefined }): ReactElement => {
  const { frame, panes } = props;
  if (panes === undefined || frame.ui.screen === 'fleet') return <FleetView frame={frame} />;
  return <RunView frame={frame} panes={panes} />;
};

/** Draws frames and hands on keys; knows nothing else. */
export const App = ({ screen }: { readonly screen: ScreenSource }): ReactElement => {
  const frame = useSyncExternalStore(screen.subscribe, screen.frame);
  const [press] = useState(() => createKeyQueue(screen));
  useInput((input, key) => {
    press(keypressesOf(input, key));
  });
  usePaste((text) => {
    const { ui } = screen.frame();
    if (ui.field !== undefined || ui.overlays.length > 0) press([pasted(text)]);
    else screen.toast('a pasted text does nothing here: it goes into a field, such as / or n', 'warn');
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
      <Dimmed value={frame.ui.overlays.length > 0}>
        <Body frame={frame} panes={screen.panes} />
      </Dimmed>
      <Overlays frame={frame} />
      <Footer frame={frame} />
    </Box>
  );
};
