import type { RunInfo } from '../../src/commands/app.ts';
import { commands } from '../../src/commands/registry.ts';
import { screenCommands } from '../../src/commands/screen.ts';
import type { ScreenFace } from '../../src/commands/screen-face.ts';
import { createScreen } from '../../src/tui/screen.ts';
import type { Screen, ScreenDoors } from '../../src/tui/screen-types.ts';
import { panes } from '../../src/tui/panes.ts';

const nothing = (): void => {};

/** What the screen needs of the world, held in memory. */
export const faceOf = (runs: readonly RunInfo[], more: Partial<ScreenFace> = {}): ScreenFace => ({
  app: {} as never,
  commands: [...commands, ...screenCommands],
  ids: () => runs.map(({ id }) => id),
  info: (id) => runs.find((run) => run.id === id),
  isLocked: () => true,
  follow: () => ({ add: nothing, remove: nothing, focus: nothing, stop: nothing }) as never,
  logBack: () => ({ entries: [], from: 0 }) as never,
  logOffset: () => undefined,
  supervisor: () => ({ running: false, report: undefined }),
  slowText: () => Promise.resolve(undefined),
  readPalette: () => ({ kind: 'help', text: '' }),
  completePalette: () => [],
  taskFiles: () => [],
  authSource: () => '',
  now: () => 0,
  profiles: () => Promise.resolve([]),
  exportText: (name) => name,
  exportParts: (name) => Promise.resolve(name),
  ...more,
});

/** A screen without a terminal, of 120 columns and 30 lines. */
export const screenOf = (face: ScreenFace, doors: Partial<ScreenDoors> = {}): Screen =>
  createScreen({
    face,
    options: { inline: false, readOnly: false, filter: '' },
    panes,
    theme: 'none',
    keys: {},
    size: { width: 120, height: 30 },
    doors: {
      quit: nothing,
      suspend: nothing,
      redraw: nothing,
      setMouse: nothing,
      copy: nothing,
      openOverlay: nothing,
      run: nothing,
      entries: nothing,
      supervisorLost: nothing,
      ...doors,
    },
  });
