import type { ScreenFace, ScreenOptions } from '../commands/screen-face.ts';
import { createHandOver, withEditor, type HandOver } from './hand-over.ts';
import { showOnTerminal, type InkHost } from './ink-host.tsx';
import { keyProblems } from './keys.ts';
import { isLost } from './live.ts';
import type { LaunchSettings } from './launch-settings.ts';
import { createMouse } from './mouse-actions.ts';
import { MOUSE_OFF, MOUSE_ON } from './mouse.ts';
import { typedInput } from './mouse-input.ts';
import { createNotifier, type Notifier } from './notify.ts';
import type { Size } from './pane.ts';
import { createBoxes } from './overlays/boxes.ts';
import { panes } from './panes.ts';
import { createScreen } from './screen.ts';
import type { Screen, ScreenDoors } from './screen-types.ts';
import { createSupervisorWatch } from './supervisor-watch.ts';
import { stopJob, watchTerminal } from './terminal-life.ts';

const FALLBACK: Size = { width: 80, height: 24 };

/** Inline, the last row stays free: a frame that fills the terminal would scroll with its own last newline. */
const sizeOf = ({ columns, rows }: NodeJS.WriteStream, inline: boolean): Size => ({
  width: columns || FALLBACK.width,
  height: Math.max(1, (rows || FALLBACK.height) - (inline ? 1 : 0)),
});

const osc52 = (text: string): string => `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`;

const tellKeyProblems = (screen: Screen): void => {
  const [first, ...more] = keyProblems(screen.keymap);
  if (first === undefined) return;
  screen.toast(more.length > 0 ? `${first} (and ${more.length} more: ralph doctor)` : first, 'warn');
};

const tellLostSupervisor = (screen: Screen): void => {
  if (isLost(screen.frame().supervisor))
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

/** Shows the screen on this terminal until it is closed; resolves with an exit code. Runs go on. */
export const launchScreen = async (
  face: ScreenFace,
  options: ScreenOptions,
  settings: LaunchSettings,
): Promise<number> => {
  const { stdin, stdout } = process;
  const shown: { host?: InkHost } = {};
  let code = 0;
  const handOver: HandOver = createHandOver({
    write: (text) => stdout.write(text),
    isMouseOn: () => screen.frame().ui.mouse,
    mouseOn: MOUSE_ON,
    mouseOff: MOUSE_OFF,
  });
  const write = (text: string): void => {
    if (!handOver.isAway) stdout.write(text);
  };
  const notifier = createNotifier({ ...settings, since: face.now(), write });
  const suspend = (): void => {
    // An editor that has the terminal stops for itself; we stop with it.
    if (handOver.isAway) process.kill(process.pid, 'SIGSTOP');
    else void handOver.run(() => stopJob(suspend));
  };
  const withTerminal = { ...face, app: withEditor(face.app, handOver) };
  const doors = doorsOf({ face, options, notifier, write, host: () => shown.host, suspend });
  const size = (): Size => sizeOf(stdout, options.inline);
  const screen: Screen = createScreen({
    face: withTerminal,
    options,
    panes,
    doors,
    size: size(),
    ...settings,
  });
  const end = (exitCode: number): void => {
    if (handOver.isAway && exitCode === INTERRUPTED) return;
    code = exitCode;
    shown.host?.end();
  };
  const unwatch = watchTerminal({
    end,
    gone: (exitCode) => process.exit(exitCode),
    crash: (error) => shown.host?.end(error),
    suspend,
    retake: () => {
      if (!handOver.isAway) void handOver.run(() => Promise.resolve());
    },
    resize: () => {
      screen.resize(size());
      shown.host?.refresh();
    },
    resized: () => shown.host?.repaint(),
  });
  const input = typedInput(stdin, createMouse(screen, panes));
  const host = showOnTerminal({ screen, panes, input, handOver, ...options, ...settings });
  shown.host = host;
  tellKeyProblems(screen);
  tellLostSupervisor(screen);
  try {
    await host.ended;
    return code;
  } finally {
    if (screen.frame().ui.mouse) stdout.write(MOUSE_OFF);
    unwatch();
    input.stop();
    notifier.stop();
    screen.stop();
  }
};
/** Ctrl-C while an editor has the terminal is meant for the editor. */
const INTERRUPTED = 130;
