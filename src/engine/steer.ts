/** What the run has been told and will obey at its next safe point. */
export interface Steer {
  /** The strongest wish so far. `shutdown`: the runner goes away, the run goes on later. */
  wish: Wish | undefined;
  /** Aborted by `stop`, `interrupt` and `shutdown`: ends the running command or model call. */
  readonly signal: AbortSignal;
  ask(wish: Wish): void;
  /** Obeyed: forget it. Aborts stay. */
  clear(kind: Wish['kind']): void;
  diagnose: boolean;
}
export type Wish = {
  readonly kind: 'rotate' | 'pause' | 'stop' | 'interrupt' | 'shutdown';
  readonly reason: string;
};

const strength: Record<Wish['kind'], number> = { rotate: 1, pause: 2, stop: 3, interrupt: 4, shutdown: 5 };
const cuts = (kind: Wish['kind']): boolean => strength[kind] >= strength.stop;

export const createSteer = (): Steer => {
  const abort = new AbortController();
  const steer: Steer = {
    wish: undefined,
    signal: abort.signal,
    diagnose: false,
    ask(wish) {
      if (!steer.wish || strength[wish.kind] >= strength[steer.wish.kind]) steer.wish = wish;
      if (cuts(wish.kind)) abort.abort();
    },
    clear(kind) {
      if (steer.wish?.kind === kind) steer.wish = undefined;
    },
  };
  return steer;
};
