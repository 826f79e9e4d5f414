import { markInvisible, singleLine } from '../domain/terminal.ts';
import type { CommandContext } from './define.ts';

const SECOND_MS = 1000;
const MAX_LINE = 200;

/** A line at the foot of the terminal that changes with time. */
export interface CountDown {
  /** Undefined: there is nothing to wait for any more. */
  show(text: ((now: number) => string | undefined) | undefined): void;
}

/** Counts on at each full second. Where there is no terminal, what was printed once has to do. */
export const createCountDown = ({ app, out }: Pick<CommandContext, 'app' | 'out'>): CountDown => {
  let shown: ((now: number) => string | undefined) | undefined;
  const count = async (text: NonNullable<typeof shown>): Promise<void> => {
    while (shown === text) {
      const line = text(app.now());
      out.live?.(line === undefined ? undefined : markInvisible(singleLine(line, MAX_LINE)));
      await app.sleep(SECOND_MS - (app.now() % SECOND_MS));
    }
  };
  return {
    show: (text) => {
      if (out.live === undefined || shown === text) return;
      shown = text;
      if (text === undefined) out.live(undefined);
      else void count(text);
    },
  };
};
