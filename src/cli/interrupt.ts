const INTERRUPTED = 130;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The signal of Ctrl-C, made when somebody first asks for it: without handlers the process just ends. The first
 * Ctrl-C aborts it, the second ends the process with 130 (a run loses nothing by that).
 */
export const createInterrupt = (): (() => AbortSignal) => {
  let controller: AbortController | undefined;
  return () => {
    if (controller !== undefined) return controller.signal;
    const made = new AbortController();
    controller = made;
    for (const signal of signals) {
      process.on(signal, () => {
        if (made.signal.aborted) process.exit(INTERRUPTED);
        made.abort(new Error(signal));
      });
    }
    return made.signal;
  };
};
