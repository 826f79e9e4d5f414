import type { RunId } from '../../domain/event.ts';
import type { Slot } from '../run-context.ts';

/** Who may work at a time. A run that waits for a forge or a model keeps its home and sandbox, but not its slot. */
export interface Slots {
  /** Whether another run may begin: one that comes back goes before it. */
  mayBegin(): boolean;
  /** `onLeft` is called when the run leaves its slot. */
  take(id: RunId, onLeft: () => void): Slot;
  giveUp(id: RunId): void;
  /** Those that wait, for a forge or a model or for their slot. */
  waiting(): readonly RunId[];
}

/** A run that waits still has a sandbox and memory: so many times `concurrency` may be begun at once. */
const MOST_BEGUN = 4;

/** `concurrency` is asked each time: it may change. */
export const createSlots = (concurrency: () => number): Slots => {
  const holding = new Set<RunId>();
  const waiting = new Set<RunId>();
  /** In the order in which they asked. */
  const back = new Set<RunId>();
  const free = (): number => concurrency() - holding.size;
  const slotOf = (id: RunId, onLeft: () => void): Slot => ({
    leave: () => {
      back.delete(id);
      if (!holding.delete(id)) return;
      waiting.add(id);
      onLeft();
    },
    enter: () => {
      if (holding.has(id)) return true;
      back.add(id);
      if ([...back].indexOf(id) >= free()) return false;
      back.delete(id);
      waiting.delete(id);
      holding.add(id);
      return true;
    },
  });
  return {
    mayBegin: () => free() - back.size > 0 && holding.size + waiting.size < MOST_BEGUN * concurrency(),
    take: (id, onLeft) => {
      holding.add(id);
      return slotOf(id, onLeft);
    },
    giveUp: (id) => {
      for (const set of [holding, waiting, back]) set.delete(id);
    },
    waiting: () => [...waiting],
  };
};
