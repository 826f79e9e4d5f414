import type { Entry, RunEvent } from '../../src/domain/event.ts';
import { foldEntry, foldRunEntries, type RunState } from '../../src/domain/run-state.ts';
import type { RunContext } from '../../src/engine/run-context.ts';
import { createSteer } from '../../src/engine/steer.ts';
import { entriesOf } from './entry.ts';
import { eventSamples } from './event-samples.ts';

/** A run in memory: entries are folded into its state as the journal does it; time passes only in `sleep`. */
export interface MemoryRun {
  readonly ctx: RunContext;
  readonly entries: readonly Entry[];
  /** What was written below `.ralph/`. */
  readonly files: ReadonlyMap<string, string>;
  /** Whether the running time counts. */
  readonly clockRuns: boolean;
}
export interface MemoryPlan {
  readonly state?: Partial<RunState>;
  readonly secrets?: readonly string[];
  /** Names of the profiles beside the run's own `fast`; the first is the fallback of the task. */
  readonly others?: readonly { readonly name: string; readonly priced: boolean }[];
  readonly onSleep?: (ctx: RunContext) => void;
}

export const memoryRun = ({
  state = {},
  secrets = [],
  others = [],
  onSleep = () => {},
}: MemoryPlan = {}): MemoryRun => {
  const entries: Entry[] = [];
  let nowMs = Date.parse('2026-01-01T12:00:00.000Z');
  let clockRuns = true;
  const clock = {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep: (ms: number) => {
      nowMs += ms;
      onSleep(ctx);
      return Promise.resolve();
    },
  };
  const append = (event: RunEvent): Entry => {
    const entry = { ...entriesOf(event)[0]!, seq: entries.length + 1 };
    entries.push(entry);
    ctx.state = foldEntry(ctx.state, entry);
    return entry;
  };
  const profiles = [
    { name: 'fast', model: 'm', priced: true },
    ...others.map((one) => ({ ...one, model: 'm' })),
  ];
  let ids = 0;
  const files = new Map<string, string>();
  // What the tested parts never touch is not here.
  const ctx = {
    deps: {
      host: { clock, secrets, newId: () => `id-${(ids += 1)}`, failpoint: () => {} },
      defaults: {},
    },
    home: {
      journal: { append, stopClock: () => (clockRuns = false), startClock: () => (clockRuns = true) },
      state: { write: (path: string, text: string) => files.set(path, text) },
    },
    owner: 'supervisor',
    steer: createSteer(),
    models: { profiles, check: () => [] },
    task: { agent: 'actions', ...(others[0] && { modelProfileFallback: others[0].name }) },
    state: { ...foldRunEntries('run-1', entriesOf(eventSamples['run.created'])), ...state },
    modelMs: 0,
  } as unknown as RunContext;
  return {
    ctx,
    entries,
    files,
    get clockRuns() {
      return clockRuns;
    },
  };
};
