import type { Entry, RunEvent } from '../../src/domain/event.ts';

/** Events as the journal would give them out: `seq` counts up, `up` is 0 unless said. */
export const entriesOf = (...events: readonly (RunEvent & { readonly up?: number })[]): readonly Entry[] =>
  events.map((event, i) => ({
    v: 1,
    seq: i + 1,
    at: '2026-01-01T12:00:00.000Z',
    up: 0,
    run: 'run-1',
    ...event,
  }));
