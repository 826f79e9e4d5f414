import { useApp } from 'ink';
import { useEffect } from 'react';
import type { App } from '../commands/app.ts';

/** Gives the terminal to another program and takes it back, whatever becomes of that program. */
export interface HandOver {
  /** Runs `work` while the terminal is not ours: no raw mode, no alternate screen, no mouse, no frames. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** True while it is another's. */
  readonly isAway: boolean;
  /** Turns off what a program that was killed may have left on. */
  cleanUp(): void;
  /** Who can give the terminal up: Ink, once it is mounted. */
  attach(suspend: Suspend): () => void;
}
type Suspend = (work: () => Promise<void>) => Promise<void>;

export interface HandOverParts {
  write(text: string): void;
  /** Whether the mouse has to be given back, too. */
  isMouseOn(): boolean;
  readonly mouseOn: string;
  readonly mouseOff: string;
}

/** Alternate screen, mouse, bracketed paste, key modes, scrolling region, colours, a hidden cursor. */
const CLEAN_UP =
  '\u001B[?1049l\u001B[?1000l\u001B[?1002l\u001B[?1003l\u001B[?1006l\u001B[?2004l\u001B[?1l\u001B>\u001B[>4m\u001B[r\u001B[0m\u001B[?25h';

export const createHandOver = ({ write, isMouseOn, mouseOn, mouseOff }: HandOverParts): HandOver => {
  let suspend: Suspend | undefined;
  let isAway = false;
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    // One at a time: Ink refuses a second, and the editor has the keys anyway.
    if (suspend === undefined || isAway) return work();
    const done: { value?: T } = {};
    isAway = true;
    try {
      if (isMouseOn()) write(mouseOff);
      await suspend(async () => {
        try {
          done.value = await work();
        } finally {
          isAway = false;
        }
      });
      return done.value as T;
    } finally {
      isAway = false;
      if (isMouseOn()) write(mouseOn);
    }
  };
  return {
    run,
    get isAway() {
      return isAway;
    },
    cleanUp: () => write(CLEAN_UP),
    attach: (by) => {
      suspend = by;
      return () => {
        if (suspend === by) suspend = undefined;
      };
    },
  };
};

/** The same app, whose editor gets the terminal from the screen. */
export const withEditor = (app: App, handOver: HandOver): App => ({
  ...app,
  files: {
    ...app.files,
    draft: (name, text) => {
      const draft = app.files.draft(name, text);
      const edit = async (): Promise<boolean> => {
        const ended = await draft.edit();
        if (!ended) handOver.cleanUp();
        return ended;
      };
      return { ...draft, edit: () => handOver.run(edit) };
    },
  },
});

/** Within Ink: says how the terminal is given up. Draws nothing. */
export const TerminalDoor = ({ handOver }: { readonly handOver: Pick<HandOver, 'attach'> }): null => {
  const { suspendTerminal } = useApp();
  useEffect(() => handOver.attach(suspendTerminal), [handOver, suspendTerminal]);
  return null;
};
