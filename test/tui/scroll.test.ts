import { describe, expect, it } from 'vitest';
import { moveCursor, moveTop, topFor } from '../../src/tui/scroll.ts';

const list = { total: 100, page: 10 };

describe('a cursor', () => {
  it('moves by lines, half pages, pages and to the ends, always inside the list', () => {
    expect(moveCursor(50, 'down', list)).toBe(51);
    expect(moveCursor(50, 'half-up', list)).toBe(45);
    expect(moveCursor(50, 'page-down', list)).toBe(59);
    expect(moveCursor(99, 'down', list)).toBe(99);
    expect(moveCursor(3, 'page-up', list)).toBe(0);
    expect(moveCursor(3, 'bottom', list)).toBe(99);
    expect(moveCursor(0, 'down', { total: 0, page: 10 })).toBe(0);
  });
});

describe('a window', () => {
  it('ends with the text', () => {
    expect(moveTop(85, 'page-down', list)).toBe(90);
    expect(moveTop(0, 'down', { total: 5, page: 10 })).toBe(0);
  });
  it('moves as little as the cursor needs', () => {
    expect(topFor(20, 25, list)).toBe(20);
    expect(topFor(20, 19, list)).toBe(19);
    expect(topFor(20, 30, list)).toBe(21);
    expect(topFor(95, 95, list)).toBe(90);
  });
});
