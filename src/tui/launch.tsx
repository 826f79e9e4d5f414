import type { ScreenFace, ScreenOptions } from '../commands/screen-face.ts';
import { withEditor } from './hand-over.ts';
import type { InkHost } from './ink-host.tsx';
import { keyProblems } from './keys.ts';
import { isLost } from './live.ts';
import type { LaunchSettings } from './launch-settings.ts';
import { createMouse } from './mouse-actions.ts';
import { MOUSE_OFF, MOUSE_ON } from './mouse.ts';
import { createScreenSource } from './screen-source.ts';
import { createNotifier, type Notifier } from './notify.ts';
import { createBoxes } from './overlays/boxes.ts';
import { panes } from './panes.ts';
import { createScreen } from './screen.ts';
import type { Screen, ScreenDoors } from './screen-types.ts';
import { createSupervisorWatch } from './supervisor-watch.ts';
import { stopJob, watchTerminal } from './terminal-life.ts';
import { takeSeat, type TerminalSeat } from './terminal-seat.ts';

const osc52 = (text: string): string => `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`;

const tellKeyProblems = (screen: Screen): void => {
  const [first, ...more] = keyProblems(screen.keymap);
  if (first === undefined) return;
  screen.toast(more.length > 0 ? `${first} (and ${more.length} more: ralph doctor)` : first, 'warn');
};

const tellLostSupervisor = (screen: Screen): void => {
  const { supervisor } = screen.frame();
  if (supervisor !== undefined && isLost(supervisor))
    screen.toast(
      'the supervisor died, its runs stand still: c (resume) on one of them starts it again',
      'bad',
    );
};

interface Parts {
  readonly face: ScreenFace;
  readonly options: ScreenOptions;
  readonly notifier: Notifier;
  readonly write: (text: string) => void;
  readonly host: () => InkHost | undefined;
  readonly suspend: () => void;
}

const doorsOf = ({ face, options, notifier, write, host, suspend }: Parts): ScreenDoors => {
  const copy = (text: string): void => write(osc52(text));
  const boxes = createBoxes({ copy });
  return {
    quit: () => host()?.end(),
    suspend,
    redraw: () => host()?.repaint(),
    setMouse: (on) => write(on ? MOUSE_ON : MOUSE_OFF),
    copy,
    openOverlay: boxes.open,
    run: boxes.run,
    entries: (_screen, run, entries) => notifier.take(run, entries),
    supervisorLost: createSupervisorWatch({
      supervisor: face.app.supervisor,
      readOnly: options.readOnly,
      now: face.now,
    }),
  };
};

/** Ctrl-C while an editor has the terminal is meant for the editor. */
const INTERRUPTED = 130;

/** Signals, crashes and the size of the terminal; returns the way to stop. The code that ends the screen goes to `ended`. */
const watch = (
  { seat, screen, suspend }: { seat: TerminalSeat; screen: Screen; suspend: () => void },
  ended: (code: number) => void,
): (() => void) => {
  const { handOver } = seat;
  return watchTerminal({
    end: (code) => {
      if (handOver.isAway && code === INTERRUPTED) return;
      ended(code);
      seat.host?.end();
    },
    gone: (code) => process.exit(code),
    crash: (error) => seat.host?.end(error),
    suspend,
    retake: () => {
      if (!handOver.isAway) void handOver.run(() => Promise.resolve());
    },
    resize: () => {
      screen.resize(seat.size());
      seat.host?.refresh();
    },
    resized: () => seat.host?.repaint(),
  });
};

/**
 * Shows the screen on this terminal until it is closed; resolves with an exit code. Runs go on. A seat that was taken
 * already shows the first frame of the list.
 */
export const launchScreen = async (
  face: ScreenFace,
  options: ScreenOptions & { readonly seat?: TerminalSeat },
  settings: LaunchSettings,
): Promise<number> => {
  let code = 0;
  const seat =
    options.seat ??
    takeSeat(createScreenSource(), { inline: options.inline, incremental: settings.incremental });
  const { handOver, write } = seat;
  const notifier = createNotifier({ ...settings, since: face.now(), write });
  const suspend = (): void => {
    // An editor that has the terminal stops for itself; we stop with it.
    if (handOver.isAway) process.kill(process.pid, 'SIGSTOP');
    else void handOver.run(() => stopJob(suspend));
  };
  const withTerminal = { ...face, app: withEditor(face.app, handOver) };
  const doors = doorsOf({ face, options, notifier, write, host: () => seat.host, suspend });
  const screen: Screen = createScreen({
    face: withTerminal,
    options,
    panes,
    doors,
    size: seat.size(),
    ...settings,
  });
  const unwatch = watch({ seat, screen, suspend }, (exitCode) => {
    code = exitCode;
  });
  seat.hearMouse(createMouse(screen, panes));
  seat.source.adopt(screen, panes);
  const host = seat.show();
  seat.ready();
  tellKeyProblems(screen);
  tellLostSupervisor(screen);
  try {
    await host.ended;
    return code;
  } finally {
    unwatch();
    seat.stop();
    notifier.stop();
    screen.stop();
  }
};
