import { Box } from 'ink';
import type { ReactElement } from 'react';
import type { Size } from '../pane.ts';
import type { Theme } from '../theme.ts';
import { Line, type Span } from './line.tsx';

/** A box in the middle of the screen: a title, lines, and what can be pressed. */
export const CentredBox = (props: {
  readonly title: string;
  readonly lines: readonly (readonly Span[])[];
  readonly keys: string;
  readonly theme: Theme;
  readonly size: Size;
  /** Columns inside of the frame; as many as fit by default. */
  readonly width?: number;
}): ReactElement => {
  const { title, lines, keys, theme, size } = props;
  const width = Math.min(props.width ?? 76, size.width - 4);
  return (
    <Box height={size.height - 1} alignItems="center" justifyContent="center">
      <Box
        flexDirection="column"
        borderStyle="round"
        {...(theme.accent.color !== undefined && { borderColor: theme.accent.color })}
        width={width + 2}
      >
        <Line width={width} spans={[{ text: ` ${title}`, look: theme.title }]} />
        {lines.map((spans, i) => (
          <Line key={i} width={width} spans={spans} />
        ))}
        <Line width={width} spans={[{ text: ` ${keys}`, look: theme.tones.dim }]} />
      </Box>
    </Box>
  );
};
