import type { RunInfo } from '../commands/app.ts';
import type { Command, CommandContext } from '../commands/define.ts';
import { RalphError } from '../domain/error.ts';
import { sanitize } from '../domain/terminal.ts';
import { affectedRuns } from './affected-runs.ts';
import { askerFor, chooserFor } from './ask.ts';
import { disabledReason } from './available.ts';
import { collectOutput, invoke, type Outcome } from './invoke.ts';
import { keepOutput } from './outputs.ts';
import { beginPager, pagerOverlay } from './overlays/pager.tsx';
import { pendingFor } from './pending.ts';
import type { Screen } from './screen-types.ts';

/** Copies go through whoever has the terminal. */
type Copy = (text: string) => void;

/** A command as a key or a line of the palette asks for it. */
export interface Asked {
  readonly command: Command;
  readonly args: Readonly<Record<string, unknown>>;
  /** What the output is called in the list of outputs: the line that was typed. */
  readonly line?: string;
  readonly asJson?: boolean;
  /** The line names what it wants to see: it is printed, no tab is opened instead. */
  readonly prints?: boolean;
}

const MOST_IN_TOAST = 2;

/** Opens the list of outputs. */
export const openPager = (screen: Screen, copy: Copy, from: 'end' | 'newest'): void => {
  const onWish = (wish: unknown): void => {
    const { copy: text } = wish as { readonly copy: string };
    copy(text);
    screen.toast(`copied ${text.length} characters, if the terminal allows it (OSC 52)`, 'plain');
  };
  void screen.open(pagerOverlay, beginPager(screen.frame().ui.outputs, from), onWish);
};

/** One or two lines as a message, more in the list of outputs. */
export const showOutcome = (screen: Screen, copy: Copy, shown: { title: string; outcome: Outcome }): void => {
  const { title, outcome } = shown;
  if (outcome.kind === 'left') return;
  if (outcome.kind === 'failed') {
    screen.toast(sanitize([outcome.message, outcome.hint].filter(Boolean).join(' – ')), 'bad');
    return;
  }
  const tone = outcome.ok ? 'good' : 'warn';
  const text = outcome.lines.filter((line) => line.trim() !== '');
  if (text.length <= MOST_IN_TOAST) {
    if (text.length > 0) screen.toast(text.join('  '), tone);
    return;
  }
  const one = { at: screen.face.now(), title, tone, lines: outcome.lines } as const;
  screen.update((ui) => ({ ...ui, outputs: keepOutput(ui.outputs, one) }));
  openPager(screen, copy, 'newest');
};

let orders = 0;

/** The command, showing on its runs that it is on its way while it works. */
const markedOn = (screen: Screen, command: Command, runs: readonly RunInfo[]): Command => {
  const { progress } = command;
  if (progress === undefined) return command;
  const key = (orders += 1);
  return {
    ...command,
    run: async (context, values) => {
      const made = runs.map((run) => pendingFor(key, run, progress));
      screen.setPending((before) => [...before, ...made]);
      try {
        return await command.run(context, values);
      } finally {
        screen.setPending((before) =>
          before.map((order) => (order.key === key ? { ...order, acknowledged: true } : order)),
        );
      }
    },
  };
};

const contextFor = (screen: Screen, asked: Asked, runs: readonly RunInfo[]): CommandContext => {
  const { ui, ...rest } = screen.context();
  if (ui === undefined || asked.prints) return rest;
  // Whether a command applies is asked of the runs that it is about, not of those under the cursor.
  return { ...rest, ui: { ...ui, ...('runs' in asked.command.args.shape && { targets: runs }) } };
};

const failedBy = (error: unknown): Outcome => ({
  kind: 'failed',
  message: error instanceof Error ? error.message : String(error),
  hint: error instanceof RalphError ? error.hint : undefined,
});

/** Carries out a command; shows nothing of how it went. */
export const carryOut = async (screen: Screen, asked: Asked): Promise<Outcome> => {
  const { command, args } = asked;
  let runs: readonly RunInfo[];
  try {
    runs = affectedRuns(screen, command, args);
  } catch (error) {
    return failedBy(error);
  }
  const refused = disabledReason(command, contextFor(screen, { ...asked, prints: false }, runs));
  if (refused !== undefined) return { kind: 'failed', message: refused, hint: undefined };
  const out = collectOutput(screen.frame().size.width - 6, asked.asJson);
  const context = { ...contextFor(screen, asked, runs), choose: chooserFor(screen) };
  return invoke({ command: markedOn(screen, command, runs), context, args }, askerFor(screen, runs), out);
};

/** Carries out a command of a key, and shows how it went. */
export const runCommand = async (screen: Screen, copy: Copy, asked: Asked): Promise<void> => {
  const outcome = await carryOut(screen, asked);
  showOutcome(screen, copy, { title: asked.line ?? asked.command.title, outcome });
};
