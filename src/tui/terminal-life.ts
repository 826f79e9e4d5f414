/** What happens to a terminal from outside. */
export interface TerminalEvents {
  /** Leave the terminal as it was and end with this exit code. */
  end(code: number): void;
  /** The terminal is gone: nothing can be written any more. */
  gone(code: number): void;
  crash(error: unknown): void;
  /** Ctrl-Z from outside: stop until `fg`. */
  suspend(): void;
  /** Somebody stopped us without asking and let us go on: the terminal may be in any state. */
  retake(): void;
  resize(): void;
  /** Some time after the last change of size. */
  resized(): void;
}

const SIGNAL_BASE = 128;
const ends = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
const HANGUP = SIGNAL_BASE + ends.SIGHUP;
const CALM_MS = 60;
/** A stop signal comes a moment after it was sent. */
const STOP_MS = 30;

/** Listens to signals, streams and crashes; the returned function stops that. */
export const watchTerminal = (events: TerminalEvents): (() => void) => {
  const { stdin, stdout } = process;
  let calm: NodeJS.Timeout | undefined;
  const undo: (() => void)[] = [];
  const onSignal = (signal: NodeJS.Signals, handle: () => void): void => {
    process.on(signal, handle);
    undo.push(() => process.off(signal, handle));
  };
  for (const [signal, number] of Object.entries(ends))
    onSignal(signal as NodeJS.Signals, () => events.end(SIGNAL_BASE + number));
  onSignal('SIGTSTP', events.suspend);
  onSignal('SIGCONT', events.retake);
  // Also where the size is the same again: the terminal may have cut what was on it meanwhile.
  onSignal('SIGWINCH', () => {
    clearTimeout(calm);
    calm = setTimeout(events.resized, CALM_MS);
  });
  const gone = (): void => events.gone(HANGUP);
  const hungUp = (): void => events.end(HANGUP);
  process.on('uncaughtException', events.crash);
  process.on('unhandledRejection', events.crash);
  stdout.on('resize', events.resize);
  stdout.on('error', gone);
  stdin.on('error', hungUp);
  stdin.on('end', hungUp);
  return () => {
    clearTimeout(calm);
    for (const one of undo) one();
    process.off('uncaughtException', events.crash);
    process.off('unhandledRejection', events.crash);
    stdout.off('resize', events.resize);
    stdin.off('error', hungUp);
    stdin.off('end', hungUp);
  };
};

/** Keeps signals that come before anybody can heed them; the returned function sends them again. */
export const holdSignals = (): (() => void) => {
  const held: NodeJS.Signals[] = [];
  const names = [...Object.keys(ends), 'SIGTSTP'] as NodeJS.Signals[];
  const keep = (signal: NodeJS.Signals): void => void held.push(signal);
  for (const name of names) process.on(name, keep);
  return () => {
    for (const name of names) process.off(name, keep);
    for (const name of held.splice(0)) process.kill(process.pid, name);
  };
};

/**
 * Stops the whole foreground job until `fg`, as Ctrl-Z does: who waits for us (npm, a script) stops too, else the
 * shell would not come back. Where no shell could bring us back the kernel does not stop us at all.
 */
export const stopJob = async (listener: () => void): Promise<void> => {
  process.off('SIGTSTP', listener);
  process.kill(0, 'SIGTSTP');
  await new Promise((resolve) => {
    setTimeout(resolve, STOP_MS);
  });
  process.on('SIGTSTP', listener);
};
