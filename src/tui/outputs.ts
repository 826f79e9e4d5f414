import { markInvisible, sanitize } from '../domain/terminal.ts';
import type { Toast } from './ui-state.ts';

/** What one command, or the screen itself, has said. */
export interface CommandOutput {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The command; empty for a message that is one line. */
  readonly title: string;
  readonly tone: Toast['tone'];
  readonly lines: readonly string[];
}
const MOST = 200;
const MOST_LINES = 5_000;

/** Adds one output, made safe to draw, and forgets what is too old; of a very long one the end is kept. */
export const keepOutput = (
  outputs: readonly CommandOutput[],
  one: CommandOutput,
): readonly CommandOutput[] => {
  const safe = one.lines.slice(-MOST_LINES).flatMap((line) => markInvisible(sanitize(line)).split('\n'));
  const left = one.lines.length - MOST_LINES;
  const lines = left > 0 ? [`… ${left} lines before these`, ...safe] : safe;
  return [...outputs, { ...one, lines }].slice(-MOST);
};
