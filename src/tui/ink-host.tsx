import { render } from 'ink';
import { Fragment, type ReactElement } from 'react';
import { App } from './app.tsx';
import { TerminalDoor, type HandOver } from './hand-over.ts';
import type { TypedInput } from './mouse-input.ts';
import type { ScreenSource } from './screen-source.ts';

const HOME_AND_ERASE = '\u001B[H\u001B[J';
/** Bracketed paste off, cursor shown: again, in case that drawing broke down before it could be said. */
const LEAVE = '\u001B[?2004l\u001B[?25h';
const LEAVE_ALTERNATE = '\u001B[?1049l';

export interface InkHostOptions {
  readonly source: ScreenSource;
  readonly inline: boolean;
  readonly incremental: boolean;
  readonly input: TypedInput;
  readonly handOver: HandOver;
}
/** The screen as Ink draws it on this terminal. */
export interface InkHost {
  /** Draws what has changed at once, before anybody else sees the new size. */
  refresh(): void;
  /** Draws everything anew, whatever stands on the terminal. */
  repaint(): void;
  /** Leaves the terminal as it was; with an error `ended` rejects. */
  end(error?: unknown): void;
  readonly ended: Promise<void>;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const quietly = (work: () => void): void => {
  try {
    work();
  } catch {
    // Whoever leaves a terminal goes on with what is left to restore.
  }
};

const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/**
 * Nobody listens any more, but the stream would go on to read what is typed for somebody else. It can be paused only a
 * turn after its last listener went, and stops reading a turn after that.
 */
const stopReading = async (): Promise<void> => {
  await nextTurn();
  process.stdin.pause();
  await nextTurn();
};

/** Puts the screen on this terminal. */
export const showOnTerminal = (options: InkHostOptions): InkHost => {
  const { source, inline, input, handOver } = options;
  const { stdout } = process;
  let hasEnded = false;
  const failed = Promise.withResolvers<never>();
  const door: Pick<HandOver, 'attach'> = {
    attach: (suspend) =>
      handOver.attach((work) =>
        suspend(async () => {
          await stopReading();
          await work();
        }),
      ),
  };
  // A new element each time: React draws nothing for the same one.
  const root = (): ReactElement => (
    <Fragment>
      <TerminalDoor handOver={door} />
      <App screen={source} />
    </Fragment>
  );
  const instance = render(root(), {
    stdin: input.stream,
    alternateScreen: !inline,
    incrementalRendering: options.incremental,
    // Whoever starts us has looked at the terminal; CI=true in its environment says nothing about that.
    interactive: true,
    // Ink's own throttle re-arms itself; ours decides when there is something to draw.
    maxFps: 1000,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  const refresh = (): void => {
    if (!handOver.isAway && !hasEnded) instance.rerender(root());
  };
  return {
    refresh,
    repaint: () => {
      if (handOver.isAway || hasEnded) return;
      instance.clear();
      stdout.write(HOME_AND_ERASE);
      refresh();
    },
    end: (error) => {
      if (hasEnded) return;
      hasEnded = true;
      let isBroken = false;
      try {
        instance.unmount();
      } catch {
        isBroken = true;
      }
      quietly(() => process.stdin.setRawMode(false));
      quietly(() => stdout.write(LEAVE + (isBroken && !inline ? LEAVE_ALTERNATE : '')));
      if (error !== undefined) failed.reject(asError(error));
    },
    ended: Promise.race([
      failed.promise,
      instance.waitUntilExit().then(() => {
        hasEnded = true;
      }),
    ]),
  };
};
