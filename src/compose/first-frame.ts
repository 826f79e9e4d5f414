import { listRuns, peekAt } from '../adapters/host/run-list.ts';
import type { RunInfo } from '../commands/app.ts';
import { isConfigured, plainRunsDir, type Env } from './plain.ts';
import { parseRunJson } from '../engine/run-json.ts';
import { isRemote, isSimpleTerminal, themeFor } from '../tui/launch-settings.ts';
import { createScreenSource, firstFrame } from '../tui/screen-source.ts';
import { takeSeat, terminalSize, type TerminalSeat } from '../tui/terminal-seat.ts';

const infoOf = (dir: string, id: string): RunInfo | undefined => {
  const peek = peekAt(dir, id, () => false);
  const state = parseRunJson(peek?.runJson)?.state;
  return peek && state ? { id, dir: peek.dir, state, orphaned: false } : undefined;
};

const listed = (dir: string): readonly RunInfo[] | undefined => {
  try {
    return listRuns(dir).flatMap((id) => infoOf(dir, id) ?? []);
  } catch {
    // What cannot be read is told by the whole program.
    return undefined;
  }
};

/** The list of runs on the terminal, before settings, schemas and commands are loaded; undefined where those could change it. */
const showFirst = (env: Env): TerminalSeat | undefined => {
  if (isConfigured(env, ['state_dir', 'theme', 'incremental'])) return undefined;
  const runs = listed(plainRunsDir(env));
  if (runs === undefined) return undefined;
  const inline = isSimpleTerminal(env);
  const size = terminalSize(process.stdout, inline);
  const frame = firstFrame({ runs, size, theme: themeFor('auto', env), now: Date.now() });
  const seat = takeSeat(createScreenSource(frame), { inline, incremental: isRemote(env) });
  seat.show();
  return seat;
};

/** `ralph` alone at a terminal: the whole fleet, its first frame as soon as there is anything to see. */
export const openScreen = async (): Promise<number> => {
  const seat = showFirst(process.env);
  try {
    // The frame goes out before the next chunk takes the processor.
    if (seat) await new Promise((done) => setImmediate(done));
    const { openWhole } = await import('./screen.ts');
    return await openWhole(seat);
  } catch (error) {
    seat?.host?.end();
    throw error;
  }
};
