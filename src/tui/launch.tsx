import { render, type Instance } from 'ink';
import type { ScreenFace, ScreenOptions } from '../commands/screen-face.ts';
import { App } from './app.tsx';
import type { Size } from './pane.ts';
import { panes } from './panes.ts';
import { runCommand } from './run-command.ts';
import { createScreen } from './screen.ts';
import type { Screen, ScreenDoors } from './screen-types.ts';
import type { ThemeName } from './theme.ts';

export interface LaunchSettings {
  readonly theme: ThemeName;
  /** Chords by command id, instead of the commands' own. */
  readonly keys: Readonly<Record<string, string>>;
  /** Over a slow line fewer bytes are worth more work. */
  readonly incremental: boolean;
}
const FALLBACK: Size = { width: 80, height: 24 };

const sizeOf = (stdout: NodeJS.WriteStream): Size => ({
  width: stdout.columns || FALLBACK.width,
  height: stdout.rows || FALLBACK.height,
});

const osc52 = (text: string): string => `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`;
const mouseOn = '\u001B[?1000h\u001B[?1006h';
const mouseOff = '\u001B[?1000l\u001B[?1006l';

/** Shows the screen on this terminal until it is closed; resolves with an exit code. Runs go on. */
export const launchScreen = async (
  face: ScreenFace,
  options: ScreenOptions,
  settings: LaunchSettings,
): Promise<number> => {
  const { stdout } = process;
  const shown: { instance?: Instance } = {};
  const write = (text: string): void => {
    stdout.write(text);
  };
  const doors: ScreenDoors = {
    quit: () => shown.instance?.unmount(),
    suspend: () => {},
    redraw: () => shown.instance?.clear(),
    setMouse: (on) => write(on ? mouseOn : mouseOff),
    copy: (text) => write(osc52(text)),
    openOverlay: () => {},
    run: (screen, command, args) => void runCommand(screen, command, args),
    entries: () => {},
    supervisorLost: (screen) => screen.toast('the supervisor died', 'bad'),
  };
  const screen: Screen = createScreen({ face, options, panes, doors, size: sizeOf(stdout), ...settings });
  const resize = (): void => screen.resize(sizeOf(stdout));
  stdout.on('resize', resize);
  const instance = render(<App screen={screen} panes={panes} />, {
    alternateScreen: !options.inline,
    incrementalRendering: settings.incremental,
    // Ink's own throttle re-arms itself; ours decides when there is something to draw.
    maxFps: 1000,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  shown.instance = instance;
  try {
    await instance.waitUntilExit();
    return 0;
  } finally {
    stdout.off('resize', resize);
    screen.stop();
    if (screen.frame().ui.mouse) write(mouseOff);
  }
};
