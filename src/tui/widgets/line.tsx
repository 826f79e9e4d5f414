import { Text } from 'ink';
import type { ReactElement } from 'react';
import { cut, widthOf } from '../fit.ts';
import type { Look } from '../theme.ts';

export interface Span {
  readonly text: string;
  readonly look?: Look;
}
/** Spans cut to `width` columns and filled up to it, so that Ink need not measure, and a background reaches the end. */
export const fitSpans = (spans: readonly Span[], width: number): readonly Span[] => {
  const kept: Span[] = [];
  let left = width;
  for (const span of spans) {
    if (left <= 0) break;
    const text = cut(span.text, left);
    kept.push({ ...span, text });
    left -= widthOf(text);
  }
  return left > 0 ? [...kept, { text: ' '.repeat(left) }] : kept;
};

export interface LineProps {
  readonly spans: readonly Span[];
  readonly width: number;
  /** Beneath the spans' own: the cursor's background. */
  readonly look?: Look | undefined;
}
/** One line of the screen; the only way in which views put text on it. */
export const Line = ({ spans, width, look }: LineProps): ReactElement => {
  const fitted = fitSpans(spans, width);
  const [only] = fitted;
  if (fitted.length === 1 && only)
    return (
      <Text wrap="hard" {...look} {...only.look}>
        {only.text}
      </Text>
    );
  return (
    <Text wrap="hard" {...look}>
      {fitted.map((span, i) =>
        span.look === undefined ? (
          span.text
        ) : (
          <Text key={i} {...look} {...span.look}>
            {span.text}
          </Text>
        ),
      )}
    </Text>
  );
};

export const Rule = ({ width, look }: { readonly width: number; readonly look: Look }): ReactElement => (
  <Text {...look}>{'─'.repeat(width)}</Text>
);
