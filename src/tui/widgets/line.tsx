import chalk, { type ChalkInstance } from 'chalk';
import { Text } from 'ink';
import { useContext, type ReactElement } from 'react';
import { cut, widthOf } from '../fit.ts';
import type { Look } from '../theme.ts';
import { Dimmed } from './dimmed.ts';

export interface Span {
  readonly text: string;
  readonly look?: Look;
}
/** Spans cut to `width` columns; with `fill` also filled up to it. Ink takes apart every character of a frame, blanks too. */
export const fitSpans = (spans: readonly Span[], width: number, fill: boolean): readonly Span[] => {
  const kept: Span[] = [];
  let left = width;
  for (const span of spans) {
    if (left <= 0) break;
    const text = cut(span.text, left);
    kept.push({ ...span, text });
    left -= widthOf(text);
  }
  return fill && left > 0 ? [...kept, { text: ' '.repeat(left) }] : kept;
};

const ANSI256 = /^ansi256\((\d+)\)$/;
type Basic = 'red' | 'green' | 'yellow' | 'blue' | 'cyan';

const painterOf = (look: Look): ChalkInstance => {
  let paint: ChalkInstance = chalk;
  const { color, backgroundColor } = look;
  if (color !== undefined) {
    const number = ANSI256.exec(color)?.[1];
    paint = number === undefined ? paint[color as Basic] : paint.ansi256(Number(number));
  }
  const background = backgroundColor === undefined ? undefined : ANSI256.exec(backgroundColor)?.[1];
  if (background !== undefined) paint = paint.bgAnsi256(Number(background));
  if (look.bold) paint = paint.bold;
  if (look.dimColor) paint = paint.dim;
  return look.inverse ? paint.inverse : paint;
};
const painters = new WeakMap<Look, ChalkInstance>();

const painted = (text: string, look: Look): string => {
  let paint = painters.get(look);
  if (paint === undefined) {
    paint = painterOf(look);
    painters.set(look, paint);
  }
  return paint(text);
};

export interface LineProps {
  readonly spans: readonly Span[];
  readonly width: number;
  /** Beneath the spans' own: the cursor's background. */
  readonly look?: Look | undefined;
}
/**
 * One line of the screen; the only way in which views put text on it. Its styles are put into one string, because
 * each node of its own costs React and the layout time in every frame.
 */
export const Line = ({ spans, width, look }: LineProps): ReactElement => {
  const fitted = fitSpans(spans, width, look !== undefined);
  if (useContext(Dimmed))
    return <Text wrap="hard">{chalk.dim(fitted.map((span) => span.text).join('')) || ' '}</Text>;
  const text = fitted
    .map((span) => (span.look === undefined ? span.text : painted(span.text, span.look)))
    .join('');
  return <Text wrap="hard">{text === '' ? ' ' : look === undefined ? text : painted(text, look)}</Text>;
};

export const Rule = ({ width, look }: { readonly width: number; readonly look: Look }): ReactElement => (
  <Line width={width} spans={[{ text: '─'.repeat(width), look }]} />
);
