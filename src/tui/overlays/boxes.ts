import type { Command } from '../../commands/define.ts';
import type { PaletteKnown } from '../../commands/screen-face.ts';
import type { ScreenAction } from '../../commands/screen-action.ts';
import { sanitize } from '../../domain/terminal.ts';
import { selectionIn, withTargets } from '../affected-runs.ts';
import { problemText } from '../ask.ts';
import { keepOutput } from '../outputs.ts';
import { carryOut, openPager, runCommand, showOutcome, type Asked } from '../run-command.ts';
import type { Screen } from '../screen-types.ts';
import { safe } from '../views/fleet-columns.ts';
import { helpOverlay, beginHelp } from './help.tsx';
import { helpRows } from './help-rows.ts';
import { changeBox } from './open-box.ts';
import { beginPalette, paletteOverlay, withNewWords, type PaletteResult, type Problem } from './palette.tsx';

type OverlayAction = Extract<ScreenAction, { kind: 'overlay' }>;
/** The boxes that keys open, and what they remember from one time to the next. */
export interface Boxes {
  open(screen: Screen, action: OverlayAction): void;
  /** Carries out a command of a key. */
  run(screen: Screen, command: Command, args: Readonly<Record<string, unknown>>): void;
}
interface Memory {
  history: readonly string[];
  /** For completion. */
  profiles: PaletteKnown['profiles'];
  isReading: boolean;
  readonly copy: (text: string) => void;
}

const MOST_LINES = 200;
const MOST_RUNS = 500;

const readProfiles = (screen: Screen, memory: Memory): void => {
  if (memory.isReading) return;
  memory.isReading = true;
  screen.face.profiles(screen.frame().ui.cursor).then(
    (profiles) => {
      memory.profiles = profiles.map(({ name, provider, model }) => ({
        text: name,
        help: safe(`${provider}/${model}`, 60),
      }));
      changeBox(screen, paletteOverlay, withNewWords);
    },
    // The palette works without them; the picker tells why they cannot be read.
    () => (memory.isReading = false),
  );
};

/** Files and profiles are looked for when a line first could hold one: finding them takes time. */
const knownOf = (screen: Screen, memory: Memory): PaletteKnown => {
  const { frame, face, store } = screen;
  const runs = frame()
    .order.slice(0, MOST_RUNS)
    .flatMap((id) => store.get(id) ?? []);
  let files: PaletteKnown['files'] | undefined;
  return {
    runs: runs.map(({ id, state }) => ({ text: id, help: safe(state.title || state.task, 60) })),
    get profiles() {
      readProfiles(screen, memory);
      return memory.profiles;
    },
    get files() {
      files ??= face.taskFiles().map((text) => ({ text, help: '' }));
      return files;
    },
  };
};

/** A command of the group Look that was told what to look at prints it, instead of opening a tab on the cursor. */
const askedBy = (screen: Screen, result: Extract<PaletteResult, { kind: 'command' }>): Asked => {
  const { command, args, line, asJson } = result;
  const isBare = line === command.cli?.path;
  const selection = selectionIn(command, args);
  return {
    command,
    args: withTargets(command, args, screen.context()),
    line,
    asJson,
    ...(command.group === 'Look' && selection !== undefined && !isBare && { prints: true }),
  };
};

const showHelp = (screen: Screen, memory: Memory, help: { title: string; text: string }): void => {
  const one = {
    at: screen.face.now(),
    title: help.title,
    tone: 'plain',
    lines: sanitize(help.text).split('\n'),
  } as const;
  screen.update((ui) => ({ ...ui, outputs: keepOutput(ui.outputs, one) }));
  openPager(screen, memory.copy, 'newest');
};

type Kept = { readonly line: string; readonly problem: Problem | undefined };

const openPalette = async (screen: Screen, memory: Memory, kept?: Kept): Promise<void> => {
  const known = knownOf(screen, memory);
  const source = {
    read: screen.face.readPalette,
    complete: (line: string) => screen.face.completePalette(line, known),
  };
  const result = await screen.open(paletteOverlay, beginPalette(source, memory.history, kept));
  if (result === undefined) return;
  const asked = result as PaletteResult;
  memory.history = [...memory.history.filter((line) => line !== asked.typed), asked.typed].slice(-MOST_LINES);
  if (asked.kind === 'help') return showHelp(screen, memory, { title: asked.typed, text: asked.text });
  await runTyped(screen, memory, asked);
};

const runTyped = async (
  screen: Screen,
  memory: Memory,
  result: Extract<PaletteResult, { kind: 'command' }>,
): Promise<void> => {
  const outcome = await carryOut(screen, askedBy(screen, result));
  const isFree = screen.frame().ui.overlays.length === 0 && screen.frame().ui.field === undefined;
  if (outcome.kind !== 'failed' || !isFree) {
    showOutcome(screen, memory.copy, { title: result.typed, outcome });
    return;
  }
  const { message, hint } = outcome;
  const one = {
    at: screen.face.now(),
    title: result.typed,
    tone: 'bad',
    lines: [message, hint ?? ''],
  } as const;
  screen.update((ui) => ({ ...ui, outputs: keepOutput(ui.outputs, one) }));
  await openPalette(screen, memory, { line: result.typed, problem: { message, hint } });
};

const openHelp = (screen: Screen): void => {
  void screen.open(helpOverlay, beginHelp(helpRows(screen.frame().keys, screen.keymap)));
};

const openNewRun = async (screen: Screen): Promise<void> => {
  // The linter reads YAML: that is loaded by who needs it, not before the first frame.
  const { openNewRunForm } = await import('./new-run.ts');
  await openNewRunForm(screen);
};

const guarded = (screen: Screen, work: Promise<void>): void => {
  work.catch((error: unknown) => screen.toast(problemText(error), 'bad'));
};

/** Makes the boxes of one screen; `copy` puts a text on the clipboard. */
export const createBoxes = ({ copy }: Pick<Memory, 'copy'>): Boxes => {
  const memory: Memory = { history: [], profiles: [], isReading: false, copy };
  return {
    open: (screen, { overlay }) => {
      if (overlay === 'help') openHelp(screen);
      else if (overlay === 'output') openPager(screen, copy, 'end');
      else if (overlay === 'palette') guarded(screen, openPalette(screen, memory));
      else guarded(screen, openNewRun(screen));
    },
    run: (screen, command, args) => guarded(screen, runCommand(screen, copy, { command, args })),
  };
};
