import { Fragment, type ReactElement } from 'react';
import type { Frame } from '../screen-types.ts';
import { Dimmed } from './dimmed.ts';

/** The open boxes, one over the other; only the one on top is bright. */
export const Overlays = ({ frame }: { readonly frame: Frame }): ReactElement => {
  const { overlays } = frame.ui;
  return (
    <Fragment>
      {overlays.map(({ overlay, state }, i) => (
        <Dimmed key={i} value={i < overlays.length - 1}>
          <overlay.View state={state} theme={frame.theme} size={frame.size} />
        </Dimmed>
      ))}
    </Fragment>
  );
};
