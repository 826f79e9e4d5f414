import { describe, expect, it } from 'vitest';
import { createSlots } from '../../../src/engine/fleet/slots.ts';

const nothing = () => {};

describe('the slots of a supervisor', () => {
  it('are free for others while a run only waits, who is told of it', () => {
    const slots = createSlots(() => 1);
    const left: string[] = [];
    const first = slots.take('a', () => left.push('a'));
    expect(slots.mayBegin()).toBe(false);
    first.leave();
    first.leave();
    expect([slots.mayBegin(), slots.waiting(), left]).toEqual([true, ['a'], ['a']]);
  });

  it('are taken again only when one is free, in the order in which runs come back', () => {
    const slots = createSlots(() => 1);
    const [a, b] = ['a', 'b'].map((id) => {
      const slot = slots.take(id, nothing);
      slot.leave();
      return slot;
    });
    slots.take('c', nothing);
    expect([b!.enter(), a!.enter()]).toEqual([false, false]);
    slots.giveUp('c');
    expect(slots.mayBegin()).toBe(false);
    expect([a!.enter(), b!.enter(), a!.enter()]).toEqual([false, true, false]);
    expect(slots.waiting()).toEqual(['a']);
    slots.giveUp('b');
    expect([a!.enter(), slots.waiting()]).toEqual([true, []]);
  });

  it('let not every run of a long queue begin while all of them wait', () => {
    const slots = createSlots(() => 2);
    let begun = 0;
    for (; slots.mayBegin(); begun += 1) slots.take(String(begun), nothing).leave();
    expect(begun).toBe(8);
    slots.giveUp('0');
    expect(slots.mayBegin()).toBe(true);
  });

  it('follow a concurrency that changes', () => {
    let most = 1;
    const slots = createSlots(() => most);
    slots.take('a', nothing);
    most = 2;
    expect(slots.mayBegin()).toBe(true);
    slots.take('b', nothing);
    most = 1;
    slots.giveUp('a');
    expect(slots.mayBegin()).toBe(false);
  });
});
