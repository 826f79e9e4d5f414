import { Box } from 'ink';
import { useContext, type ReactElement } from 'react';
import type { Size } from '../pane.ts';
import type { Look, Theme } from '../theme.ts';
import { Dimmed } from './dimmed.ts';
import { Line, type Span } from './line.tsx';

/** A line with a look is filled up to its width: nothing beneath the box shows through. */
const OPAQUE: Look = {};

/** Borders, title and keys of the box, and the footer below it. */
const FRAME = 5;

/** What a box has inside: columns up to `wanted`, and the most lines that fit between its title and its keys. */
export const boxSize = (size: Size, wanted = 76): Size => ({
  width: Math.min(wanted, size.width - 4),
  height: Math.max(1, size.height - FRAME),
});

/** A box over the middle of the screen: a title, lines, and what can be pressed. */
export const CentredBox = (props: {
  readonly title: string;
  readonly lines: readonly (readonly Span[])[];
  readonly keys: string;
  readonly theme: Theme;
  readonly size: Size;
  /** Columns inside of the frame; 76 by default, where they fit. */
  readonly width?: number;
  /** Which line has the cursor. */
  readonly cursor?: number;
}): ReactElement => {
  const { title, lines, keys, theme, size, cursor } = props;
  const isDimmed = useContext(Dimmed);
  const { width, height } = boxSize(size, props.width);
  return (
    <Box
      position="absolute"
      width={size.width}
      height={size.height - 1}
      alignItems="center"
      justifyContent="center"
    >
      <Box
        flexDirection="column"
        borderStyle="round"
        borderDimColor={isDimmed}
        {...(theme.accent.color !== undefined && { borderColor: theme.accent.color })}
        width={width + 2}
      >
        <Line width={width} spans={[{ text: ` ${title}`, look: theme.title }]} look={OPAQUE} />
        {lines.slice(0, height).map((spans, i) => (
          <Line key={i} width={width} spans={spans} look={i === cursor ? theme.cursor : OPAQUE} />
        ))}
        <Line width={width} spans={[{ text: ` ${keys}`, look: theme.tones.dim }]} look={OPAQUE} />
      </Box>
    </Box>
  );
};
