import { expect, it } from 'vitest';
import { createSteer, type Wish } from '../../src/engine/steer.ts';

const wish = (kind: Wish['kind'], reason: string = kind): Wish => ({ kind, reason });

it('keeps the strongest wish, and of two equal ones the last', () => {
  const steer = createSteer();
  for (const one of [wish('pause', 'first'), wish('rotate'), wish('pause', 'second')]) steer.ask(one);
  expect(steer.wish).toEqual(wish('pause', 'second'));
  steer.ask(wish('stop'));
  steer.ask(wish('pause'));
  expect(steer.wish?.kind).toBe('stop');
});

it.each([
  ['rotate', false],
  ['pause', false],
  ['stop', true],
  ['interrupt', true],
  ['shutdown', true],
] as const)('%s cuts what runs: %s', (kind, isCut) => {
  const steer = createSteer();
  steer.ask(wish(kind));
  expect(steer.signal.aborted).toBe(isCut);
});

it('forgets only what was obeyed, and stays cut', () => {
  const steer = createSteer();
  steer.ask(wish('interrupt'));
  steer.clear('rotate');
  expect(steer.wish?.kind).toBe('interrupt');
  steer.clear('interrupt');
  expect([steer.wish, steer.signal.aborted]).toEqual([undefined, true]);
});
