/** What the run has been told and will obey at its next safe point. */
export interface Steer {
  /** The strongest wish so far. `shutdown`: the runner goes away, the run goes on later. */
  wish: Wish | undefined;
  /** Aborted by `disk full`, `stop`, `interrupt` and `shutdown`: ends the running command or model call. */
  readonly signal: AbortSignal;
  ask(wish: Wish): void;
  /** Obeyed: forget it. Aborts stay. */
  clear(kind: Wish['kind']): void;
  diagnose: boolean;
}
export type Wish = {
  readonly kind: 'rotate' | 'pause' | 'disk full' | 'stop' | 'interrupt' | 'shutdown';
  readonly reason: string;
};

const strength: Record<Wish['kind'], number> = {
  rotate: 1,
  pause: 2,
  'disk full': 3,
  stop: 4,
  interrupt: 5,
  shutdown: 6,
};
const cuts = (kind: Wish['kind']): boolean => strength[kind] >= strength['disk full'];

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
