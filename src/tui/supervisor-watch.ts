import type { SupervisorFace } from '../commands/app.ts';
import { singleLine } from '../domain/terminal.ts';
import type { Screen } from './screen-types.ts';

const MOST_STARTS = 3;
const WITHIN_MS = 10 * 60_000;

export interface SupervisorWatchOptions {
  readonly supervisor: Pick<SupervisorFace, 'ensure' | 'logFile'>;
  readonly readOnly: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
type Toaster = Pick<Screen, 'toast'>;

/** Says that the supervisor died and starts it again, but not for ever: three times in ten minutes. */
export const createSupervisorWatch = (options: SupervisorWatchOptions): ((screen: Toaster) => void) => {
  const { supervisor, readOnly, now } = options;
  let starts: readonly number[] = [];
  const start = async (screen: Toaster): Promise<void> => {
    try {
      await supervisor.ensure();
      screen.toast('the supervisor died and was started again; its runs go on', 'good');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      screen.toast(`the supervisor died and cannot be started: ${singleLine(why, 200)}`, 'bad');
    }
  };
  return (screen) => {
    if (readOnly) {
      screen.toast('the supervisor died; the screen is read-only: ralph resume goes on with its runs', 'bad');
      return;
    }
    starts = starts.filter((at) => now() - at < WITHIN_MS);
    if (starts.length >= MOST_STARTS) {
      screen.toast(
        `the supervisor died ${MOST_STARTS + 1} times within ten minutes and stays off: see ${supervisor.logFile}`,
        'bad',
      );
      return;
    }
    starts = [...starts, now()];
    screen.toast('the supervisor died; it is being started again', 'warn');
    void start(screen);
  };
};
